import { chmod, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { UserError } from "../../../../src/errors.ts";
import { type LitePython, provideLitePython } from "../../../../src/stores/milvus/lite/environment.ts";

let folder: string;
let cache: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "rag-environment-"));
  cache = join(folder, "cache", "milvus-rag");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A program of this name that does what the script says; the search path holds no other. */
async function program(name: string, script: string): Promise<void> {
  const file = join(folder, "programs", name);
  await mkdir(join(folder, "programs"), { recursive: true });
  await writeFile(file, `#!/bin/sh\n${script}\n`);
  await chmod(file, 0o755);
}

async function provideFull(variables: Record<string, string> = UV): Promise<LitePython> {
  const PATH = join(folder, "programs");
  const all = { HOME: folder, XDG_CACHE_HOME: join(folder, "cache"), PATH, ...variables };
  return provideLitePython({ variables: all, onNotice: () => {} });
}

/** The interpreter that a first command would get, or why it gets none. */
async function provide(variables: Record<string, string> = {}): Promise<string | UserError> {
  return provideFull(variables).then(
    ({ command }) => command,
    (error: unknown) => {
      if (error instanceof UserError) return error;
      throw error;
    },
  );
}

/** Makes an environment, and installs into it or fails as it is told; says in a file what it was asked for, and where. */
const standInUv = [
  `echo "$PWD: uv $*" >> "$HOME/asked"`,
  `case "$1" in`,
  `  venv) if [ -n "$FAIL_VENV" ]; then echo "error: No interpreter found" >&2; exit 2; fi`,
  `    for last; do :; done; /bin/mkdir -p "$last/bin"; echo > "$last/bin/python";;`,
  `  pip) if [ -n "$FAIL_PIP" ]; then echo "error: Failed to fetch https://user:Secret@index/simple" >&2; exit 1; fi;;`,
  `esac`,
].join("\n");

/** The same for `python3 -m venv` and the environment's `python -m pip`. */
const standInPython = [
  `echo "$PWD: python $*" >> "$HOME/asked"`,
  `case "$*" in`,
  `  *"-m venv"*) for last; do :; done; /bin/mkdir -p "$last/bin"; /bin/cp "$0" "$last/bin/python";;`,
  `  *"-m pip"*) ;;`,
  `  *) echo "3 12";;`,
  `esac`,
].join("\n");

async function asked(): Promise<string> {
  return readFile(join(folder, "asked"), "utf8");
}

/** Machines have a pip configuration of their own, which only one of uv's outweighs. */
const UV = { UV_DEFAULT_INDEX: "https://index.test/simple" };

describe.skipIf(process.platform === "win32")("the environment of Milvus Lite", () => {
  it("needs a Python", async () => {
    expect(await provide()).toMatchObject({
      code: "no-python",
      exitCode: 4,
      message: expect.stringContaining("there is none") as string,
    });
  });

  it("needs one that is new enough", async () => {
    const old = `case "$1" in --version) echo "Python 3.8.10";; *) echo "3 8";; esac`;
    await program("python3", old);
    expect(await provide()).toMatchObject({
      code: "no-python",
      message: expect.stringContaining("Python 3.8.10") as string,
    });
  });

  it("is not there, as long as its packages are not", async () => {
    // Makes an environment whose pip reaches no index.
    const script = [
      `if [ "$3" = venv ]; then /bin/mkdir -p "$4/bin"; /bin/cp "$0" "$4/bin/python"; exit 0; fi`,
      `if [ "$3" = pip ]; then echo "ERROR: Could not find a version: https://user:Secret@index/simple connection refused" >&2; exit 1; fi`,
      `echo "3 12"`,
    ].join("\n");
    await program("python3", script);
    for (let attempt = 0; attempt < 2; attempt++) {
      const error = await provide();
      expect(error).toMatchObject({ code: "lite-packages", exitCode: 4 });
      expect(String(error)).toContain("Could not find a version");
      expect(String(error)).not.toContain("Secret");
    }
    expect(await readdir(cache)).toEqual([]);
  });

  it("needs the part of Python that makes it", async () => {
    const script = `if [ "$3" = venv ]; then echo "ensurepip is not available" >&2; exit 1; fi; echo "3 12"`;
    await program("python3", script);
    expect(await provide()).toMatchObject({
      code: "lite-environment",
      hint: expect.stringContaining("python3-venv") as string,
    });
  });

  it("is made by uv, once, where uv is there", async () => {
    await program("uv", standInUv);
    const python = await provide(UV);
    expect(python).toBe(join(cache, (await readdir(cache))[0]!, "bin", "python"));
    const commands = await asked();
    expect(commands).toMatch(/uv venv .*--python >=3\.10/);
    expect(commands).toMatch(/uv pip install .*milvus-lite==\S+ pymilvus==/);
    // In the working folder, uv would follow the configuration of whatever project lies there.
    const installing = commands.split("\n").filter((line) => /uv (venv|pip)/.test(line));
    expect(installing.every((line) => line.startsWith(`${cache}: `))).toBe(true);
    expect(await provide(UV)).toBe(python);
    expect(await asked()).toBe(commands);
  });

  it("is made by uv with the machine's own Python, where that is new enough", async () => {
    await program("uv", standInUv);
    await program("python3", standInPython);
    expect(await provide(UV)).toContain(cache);
    expect(await asked()).toContain("--python python3 ");
  });

  it.each([
    ["make it", "FAIL_VENV", { code: "lite-environment", message: "No interpreter found", hint: "milvus.python" }],
    ["fill it", "FAIL_PIP", { code: "lite-packages", message: "Failed to fetch", hint: "UV_DEFAULT_INDEX" }],
  ])("is not there, where uv cannot %s, and is the next time", async (_, failing, { code, message, hint }) => {
    await program("uv", standInUv);
    const error = await provide({ ...UV, [failing]: "1" });
    expect(error).toMatchObject({ code, exitCode: 4, hint: expect.stringContaining(hint) as string });
    expect(String(error)).toContain(message);
    expect(String(error)).not.toContain("Secret");
    expect(await readdir(cache)).toEqual([]);
    expect(await provide(UV)).toContain(cache);
  });

  it("is made anew, where a killed command left it half-made", async () => {
    await program("uv", standInUv);
    const whole = (await provide(UV)) as string;
    await rm(whole);
    await mkdir(join(cache, ".partial-1", "bin"), { recursive: true });
    await writeFile(join(cache, ".partial-1", "bin", "python"), "");
    expect(await provide(UV)).toBe(whole);
    expect((await asked()).match(/uv venv/g)).toHaveLength(2);
  });

  it("is made anew, once, where its packages turn out to be gone", async () => {
    await program("uv", standInUv);
    const { folder: place } = (await provideFull()).environment!;
    await writeFile(join(place, "old"), "");
    const [first, second] = [(await provideFull()).environment!, (await provideFull()).environment!];
    expect(await first.rebuild()).toBe(true);
    expect(await readdir(place)).not.toContain("old");
    // The other command saw the damage too, and finds it mended.
    expect(await second.rebuild()).toBe(true);
    expect(await first.rebuild()).toBe(false);
    expect(await second.rebuild()).toBe(false);
    expect(await (await provideFull()).environment!.rebuild()).toBe(false);
    expect((await asked()).match(/uv venv/g)).toHaveLength(2);
    expect(await readdir(cache)).toHaveLength(1);
  });

  it.each(["/proc/nope", "file"])("says so where its folder cannot be made: %s", async (place) => {
    await program("uv", standInUv);
    await writeFile(join(folder, "file"), "");
    const root = resolve(folder, place);
    expect(await provide({ ...UV, XDG_CACHE_HOME: root })).toMatchObject({
      code: "lite-environment",
      exitCode: 4,
      message: expect.stringContaining(join(root, "milvus-rag")) as string,
      hint: expect.stringMatching(/XDG_CACHE_HOME.*milvus\.python/) as string,
    });
  });

  it("is made with pip, where pip is configured and uv is not", async () => {
    await program("uv", standInUv);
    await program("python3", standInPython);
    const pip = { PIP_INDEX_URL: "https://index.test/simple" };
    expect(await provide(pip)).toContain(cache);
    const commands = await asked();
    expect(commands).not.toMatch(/uv (venv|pip)/);
    // -I: a file of the working folder that is called venv.py or pip.py is no part of it.
    expect(commands).toMatch(/python -I -m venv/);
    expect(commands).toMatch(/python -I -m pip install/);
    await rm(cache, { recursive: true });
    expect(await provide({ ...pip, ...UV })).toContain(cache);
    expect(await asked()).toMatch(/uv venv/);
  });
});
