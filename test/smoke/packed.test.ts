import { execFile, execFileSync } from "node:child_process";
import { mkdir, mkdtemp, readdir, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const project = fileURLToPath(new URL("../..", import.meta.url));
const isWindows = process.platform === "win32";

let root: string;
let app: string;
let home: string;

/** Packs the built project and installs the tarball in an empty folder, with an empty home. */
beforeAll(async () => {
  root = await realpath(await mkdtemp(path.join(tmpdir(), "rag-smoke-")));
  app = path.join(root, "app");
  home = path.join(root, "home");
  await mkdir(app);
  await mkdir(home);
  const [packed] = JSON.parse(npm(["pack", "--json", "--pack-destination", root], project)) as { filename: string }[];
  npm(["install", "--no-audit", "--no-fund", path.join(root, packed!.filename)], app);
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

  it("says what it can do, and which version it is", async () => {
    const help = await rag("--help");
    expect(help).toMatchObject({ exitCode: 0, stderr: "" });
    expect(help.stdout).toContain("Usage: rag");
    expect((await rag("--version")).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it("ingests, lists, finds and answers", async () => {
    await mkdir(path.join(app, "notes"));
    await writeFile(
      path.join(app, "notes", "boats.md"),
      "# Boats\n\n## Anchors\n\nThe anchor of the harbour boat weighs forty kilograms.\n",
    );
    await writeFile(path.join(app, "notes", "birds.md"), "# Birds\n\nGulls nest on the roof of the customs house.\n");

    expect(await json("ingest", "notes")).toMatchObject({
      store: { kind: "embedded", location: ".rag" },
      documents: { found: 2, added: 2, failed: 0 },
      failures: [],
    });
    expect(await json("ingest", "notes")).toMatchObject({ documents: { found: 2, added: 0, unchanged: 2 } });
    expect(await json("collections", "list")).toMatchObject({
      collections: [{ name: "docs", documents: 2, embedding: null }],
    });
    expect(await json("search", "how heavy is the anchor")).toMatchObject({
      mode: "text",
      hits: [{ rank: 1, source: "notes/boats.md", heading: ["Boats", "Anchors"] }],
    });
    const asked = await json("ask", "How much does the anchor weigh?");
    expect(asked).toMatchObject({ refused: false, citations: [{ source: "notes/boats.md", verified: true }] });
    expect(asked["answer"]).toContain("weighs forty kilograms");
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

function run(command: string, argv: string[], cwd: string, env: NodeJS.ProcessEnv = process.env): string {
  return execFileSync(command, argv, {
    cwd,
    env,
    encoding: "utf8",
    shell: isWindows,
    stdio: ["ignore", "pipe", "pipe"],
  });
}

/** Runs the installed binary, by the link that npm made. */
function rag(...argv: string[]): Promise<{ exitCode: number; stdout: string; stderr: string }> {
  const binary = path.join(app, "node_modules", ".bin", isWindows ? "rag.cmd" : "rag");
  const env = { PATH: process.env["PATH"], HOME: home, USERPROFILE: home };
  return new Promise((resolve) => {
    const child = execFile(binary, argv, { cwd: app, env, shell: isWindows }, (error, stdout, stderr) => {
      resolve({ exitCode: error === null ? 0 : Number(error.code), stdout, stderr });
    });
    child.stdin?.end();
  });
}

/** What a command that succeeds prints, which has to be one JSON document. */
async function json(...argv: string[]): Promise<Record<string, unknown>> {
  const { exitCode, stdout, stderr } = await rag(...argv, "--json");
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: expect.any(String) });
  return JSON.parse(stdout) as Record<string, unknown>;
}
