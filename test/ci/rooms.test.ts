import { spawnSync } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { adapterFolders, levels, nameLists, nameReaders, packageHomes, ports, roomOverrides } from "./rooms.ts";

const project = fileURLToPath(new URL("../..", import.meta.url));
const rooms = levels.slice(1).flat();

describe("the rules about imports", () => {
  it("stand in test/ci/rooms.json as `npm run docs` writes them", async () => {
    const config = { $schema: "../../node_modules/oxlint/configuration_schema.json", overrides: roomOverrides() };
    await expect(`${JSON.stringify(config, null, 2)}\n`).toMatchFileSnapshot("rooms.json");
  });

  it("know every room of src", async () => {
    const entries = await readdir(path.join(project, "src"), { withFileTypes: true });
    const known = new Set(levels.flat());
    expect(entries.map(({ name }) => name).filter((name) => !known.has(name))).toEqual([]);
  });

  it("are told in CONTRIBUTING.md, in the same order", async () => {
    const guide = await readFile(path.join(project, "CONTRIBUTING.md"), "utf8");
    const cells = guide.split("\n").flatMap((line) => line.match(/^\| (`[^|]*`) +\| /)?.[1] ?? []);
    const rows = cells.map((cell) => [...cell.matchAll(/`([^`]+?)\/?`/g)].map(([, name]) => name));
    expect(rows.filter((row) => levels.flat().includes(row[0] ?? ""))).toEqual(levels);
  });

  it("cannot take a folder inside of a room for a room", async () => {
    const folders = (await readdir(path.join(project, "src"), { recursive: true, withFileTypes: true })).filter(
      (entry) => entry.isDirectory() && entry.parentPath !== path.join(project, "src"),
    );
    expect(folders.map(({ name }) => name).filter((name) => rooms.includes(name))).toEqual([]);
  });
});

/** A file of the copy, and the paths that it imports. */
interface Probe {
  file: string;
  imports: string[];
}

interface Finding {
  file: string;
  code: string;
  message: string;
}

/** The four ways in which a module takes something from another one. */
function sourceOf({ imports }: Probe): string {
  return imports
    .flatMap((target, at) => [
      `import { value as value${at} } from "${target}";`,
      `import type { Type as Type${at} } from "${target}";`,
      `export * from "${target}";`,
      `export const load${at} = (): Promise<unknown> => import("${target}");`,
    ])
    .join("\n");
}

describe("a file that breaks a rule", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "rag-rooms-"));
    await cp(path.join(project, ".oxlintrc.json"), path.join(folder, ".oxlintrc.json"));
    await mkdir(path.join(folder, "test/ci"), { recursive: true });
    await cp(path.join(project, "test/ci/rooms.json"), path.join(folder, "test/ci/rooms.json"));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  /** What the project's linter says of files with these contents; they are gone afterwards. */
  async function lint(files: Record<string, string>): Promise<{ failed: boolean; findings: Finding[] }> {
    const source = path.join(folder, "src");
    for (const [file, content] of Object.entries(files)) {
      await mkdir(path.dirname(path.join(folder, file)), { recursive: true });
      await writeFile(path.join(folder, file), content);
    }
    const binary = path.join(project, "node_modules/oxlint/bin/oxlint");
    const { status, stdout, stderr } = spawnSync(process.execPath, [binary, "--format=json"], {
      cwd: folder,
      encoding: "utf8",
      maxBuffer: 2 ** 28,
    });
    await rm(source, { recursive: true });
    expect(stderr).toBe("");
    const { diagnostics } = JSON.parse(stdout) as {
      diagnostics: { code: string; message: string; help?: string; filename: string }[];
    };
    const findings = diagnostics.map(({ code, message, help, filename }) => ({
      file: filename.replaceAll("\\", "/"),
      code,
      message: `${message} ${help ?? ""}`,
    }));
    return { failed: status === 1, findings };
  }

  /** How many imports of each probe are refused, by file, and with which messages. */
  async function refusals(probes: readonly Probe[]): Promise<Map<string, string[]>> {
    const { findings } = await lint(Object.fromEntries(probes.map((probe) => [probe.file, sourceOf(probe)])));
    const refused = new Map<string, string[]>(probes.map(({ file }) => [file, []]));
    for (const { file, code, message } of findings) {
      if (code === "eslint(no-restricted-imports)") refused.get(file)?.push(message);
    }
    return refused;
  }

  /** A file at the top of a folder and one further down, each of which imports the target. */
  function probesOf(from: string, target: string): Probe[] {
    const name = `from-${from}-to-${target}`.replaceAll(/[^\w]+/g, "-");
    return [`src/${from}/${name}.ts`, `src/${from}/inner/most/${name}.ts`].map((file) => {
      const relative = path.relative(path.dirname(file), `src/${target}`).replaceAll("\\", "/");
      return { file, imports: [relative.startsWith(".") ? relative : `./${relative}`] };
    });
  }

  async function expectRefused(pairs: readonly (readonly [from: string, target: string])[], message: RegExp) {
    const refused = await refusals(pairs.flatMap(([from, target]) => probesOf(from, target)));
    expect(refused.size).toBe(2 * pairs.length);
    for (const [file, messages] of refused) {
      expect(messages, file).toHaveLength(4);
      for (const said of messages) expect(said, file).toMatch(message);
    }
  }

  async function expectAllowed(pairs: readonly (readonly [from: string, target: string])[]) {
    const refused = await refusals(pairs.flatMap(([from, target]) => probesOf(from, target)));
    expect(refused.size).toBe(2 * pairs.length);
    expect([...refused].filter(([, messages]) => messages.length > 0)).toEqual([]);
  }

  const levelOf = (room: string): number => levels.findIndex((level) => level.includes(room));
  const pairs = rooms.flatMap((from) => rooms.filter((to) => to !== from).map((to) => [from, to] as const));

  it("fails the lint", async () => {
    const { failed, findings } = await lint({ "src/util/probe.ts": 'export * from "../cli/program.ts";\n' });
    expect(failed).toBe(true);
    expect(findings).toMatchObject([{ code: "eslint(no-restricted-imports)" }]);
    expect((await lint({ "src/util/probe.ts": "export const probe = 1;\n" })).failed).toBe(false);
  });

  it("imports a room above it, or beside it", async () => {
    const upwards = pairs.filter(([from, to]) => levelOf(to) >= levelOf(from));
    await expectRefused(
      upwards.flatMap(([from, to]) => [[from, `${to}/part.ts`] as const, [from, `${to}/inner/part.ts`] as const]),
      /imports only the rooms that CONTRIBUTING\.md lists/,
    );
    await expectRefused(
      upwards.map(([from, to]) => [from, `${to}/types.ts`] as const),
      /imports only the rooms/,
    );
  });

  it("is types.ts or errors.ts and imports anything", async () => {
    const probes = ["src/types.ts", "src/errors.ts"].map((file) => ({
      file,
      imports: ["./util/ids.ts", "./other.ts", "node:fs", "zod"],
    }));
    const refused = await refusals(probes);
    expect([...refused.values()].map((messages) => messages.length)).toEqual([16, 16]);
    expect(refused.get("src/types.ts")?.[0]).toContain("types.ts and errors.ts import nothing.");
  });

  it("is of the pipeline and imports settings", () =>
    expectRefused([["pipeline", "config/schema.ts"]], /pipeline imports only the rooms/));

  it("imports an adapter instead of a port's types", async () => {
    const users = ["pipeline", "cli", "cli/render", "stores", "embedders", "chat"];
    const reached = users.flatMap((from) =>
      ports.filter((port) => levelOf(port) < levelOf(from.split("/")[0] ?? from)).map((port) => [from, port] as const),
    );
    const readsNames = ([from, target]: readonly [string, string]): boolean =>
      nameLists.includes(target) && nameReaders.includes(from.split("/")[0] ?? from);
    const targets = reached.flatMap(([from, port]) =>
      ["index.ts", "part/store.ts", "part/types.ts"].map((file) => [from, `${port}/${file}`] as const),
    );
    await expectRefused(
      targets.filter((pair) => !readsNames(pair)),
      /imports types\.ts only; cli\/runtime\.ts picks the adapter/,
    );
    await expectAllowed(targets.filter(readsNames));
    await expectAllowed(reached.map(([from, port]) => [from, `${port}/types.ts`] as const));
  });

  it("is an adapter and imports another one", async () => {
    const [one = "", other = ""] = adapterFolders;
    await expectRefused(
      [
        [one, `${other}/store.ts`],
        [other, `${one}/store.ts`],
        ["stores/shared", `${one}/store.ts`],
      ],
      /One adapter knows nothing of another/,
    );
  });

  it("imports a package that has another home", async () => {
    const folders = [...rooms, ...adapterFolders, "cli/render"];
    const probes = Object.entries(packageHomes).flatMap(([name, homes]) =>
      folders.map((folder) => ({
        file: `src/${folder}/inner/${name.replaceAll(/\W+/g, "-")}.ts`,
        imports: [name, `${name}/sub/path.js`],
        isHome: homes.some((home) => `${folder}/`.startsWith(`${home}/`)),
      })),
    );
    const refused = await refusals(probes);
    for (const { file, isHome } of probes) {
      expect(refused.get(file), file).toHaveLength(isHome ? 0 : 8);
      for (const message of refused.get(file) ?? []) expect(message).toContain("has another home than");
    }
  });

  it("is not one that imports what stands below it, or cli/runtime.ts that picks adapters", async () => {
    const downwards = pairs.filter(
      ([from, to]) => levelOf(to) < levelOf(from) && !ports.includes(to) && !(from === "pipeline" && to === "config"),
    );
    expect(downwards.length).toBeGreaterThan(90);
    await expectAllowed([
      ...downwards.map(([from, to]) => [from, `${to}/part.ts`] as const),
      ...rooms.flatMap((room) => [[room, `${room}/inner/part.ts`] as const, [room, "errors.ts"] as const]),
    ]);
    const runtime = { file: "src/cli/runtime.ts", imports: ports.map((port) => `../${port}/index.ts`) };
    expect(await refusals([runtime])).toEqual(new Map([[runtime.file, []]]));
  });

  it("closes a circle, also through types and through other folders", async () => {
    const { findings } = await lint({
      "src/text/one.ts": 'import type { Two } from "./inner/two.ts";\nexport type One = Two;\n',
      "src/text/inner/two.ts": 'import type { Three } from "../three.ts";\nexport type Two = Three;\n',
      "src/text/three.ts": 'import type { One } from "./one.ts";\nexport type Three = One | 3;\n',
    });
    expect(findings.map(({ file, code }) => [file, code]).sort()).toEqual([
      ["src/text/inner/two.ts", "import(no-cycle)"],
      ["src/text/one.ts", "import(no-cycle)"],
      ["src/text/three.ts", "import(no-cycle)"],
    ]);
  });

  it("ends the process, or prints, where it may not", async () => {
    const content = 'process.exit(1);\nprocess.stdout.write("");\nprocess.stderr.write("");\nconsole.log("");\n';
    const files = ["src/util/a.ts", "src/stores/embedded/a.ts", "src/pipeline/ask/a.ts", "src/cli/commands/a.ts"];
    const { findings } = await lint(Object.fromEntries(files.map((file) => [file, content])));
    for (const file of files) {
      const codes = findings.filter((one) => one.file === file).map(({ code }) => code);
      expect(codes.sort(), file).toEqual([
        "eslint(no-console)",
        ...Array.from({ length: 3 }, () => "eslint(no-restricted-properties)"),
      ]);
    }
    const edges = {
      "src/cli/render/a.ts": 'process.stdout.write("");\n',
      "src/cli/main.ts": 'process.stderr.write("");\n',
    };
    expect((await lint(edges)).findings).toEqual([]);
  });
});
