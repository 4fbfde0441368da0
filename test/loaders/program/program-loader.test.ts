import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { commandWords, withFile } from "../../../src/loaders/program/command-words.ts";
import { ownLoaders } from "../../../src/loaders/program/program-loader.ts";
import { type ProgramRun, runProgram } from "../../../src/loaders/program/run-program.ts";

let folder: string;
let abort: AbortController;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "rag-program-"));
  abort = new AbortController();
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Runs a script of Node with arguments. */
function run(script: string, options: Partial<ProgramRun> = {}, ...words: string[]): Promise<Uint8Array> {
  return runProgram({
    words: [process.execPath, "-e", script, ...words],
    folder,
    input: new Uint8Array(),
    timeoutMs: 60_000,
    maxBytes: 1_000_000,
    variables: process.env,
    signal: abort.signal,
    ...options,
  });
}

describe("the words of a command", () => {
  it.each([
    ["pandoc -t markdown {file}", ["pandoc", "-t", "markdown", "{file}"]],
    [`"C:\\Program Files\\x.exe" --title='a b' $HOME;ls`, ["C:\\Program Files\\x.exe", "--title=a b", "$HOME;ls"]],
    [`x "" `, ["x", ""]],
  ])("of %j are %j", (command, words) => {
    expect(commandWords(command)).toEqual(words);
  });

  it("are refused with an open quote, and where there are none", () => {
    expect(() => commandWords('x "a')).toThrow("is not closed");
    expect(() => commandWords("  ")).toThrow("is empty");
  });

  it("have the file as one word, whatever its name is", () => {
    const path = "/docs/a b;$(rm) $& {file}.xyz";
    expect(withFile(["x", "--in={file}", "{file}"], path)).toEqual(["x", `--in=${path}`, path]);
    expect(withFile(["{file}"], path)).toBeNull();
  });
});

describe("a program", () => {
  it("gets its input, its folder and no secrets, and returns what it writes", async () => {
    const script =
      "process.stdin.on('data', (d) => process.stdout.write(String(d).toUpperCase()));" +
      "process.stdin.on('end', () => console.log(process.cwd(), process.env.MY_API_KEY, process.env.MY_NAME))";
    const variables = { ...process.env, MY_API_KEY: "secret", MY_NAME: "name" };
    const output = Buffer.from(await run(script, { input: Buffer.from("text "), variables })).toString();
    expect(output).toMatch(/^TEXT .*rag-program-\w+ undefined name\n$/);
  });

  it("that fails says why", async () => {
    const failing = run("console.error('first'); console.error('no such table'); process.exit(3)");
    await expect(failing).rejects.toMatchObject({
      code: "program-failed",
      message: expect.stringMatching(/3: no such table$/) as string,
    });
    await expect(run("", { words: ["/no/such/program"] })).rejects.toMatchObject({ code: "program-missing" });
  });

  it("that takes too long, or writes too much, is killed", async () => {
    await expect(run("setInterval(() => {}, 1000)", { timeoutMs: 300 })).rejects.toMatchObject({
      code: "program-timeout",
    });
    const endless = run("const w = () => process.stdout.write('x'.repeat(10000), w); w()", { maxBytes: 100_000 });
    await expect(endless).rejects.toMatchObject({ code: "program-output" });
  });

  it.skipIf(process.platform === "win32")("is killed on abort, with what it started", async () => {
    const started = join(folder, "pids");
    const child = "setInterval(() => {}, 1000)";
    const script =
      `const c = require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(child)}], { stdio: 'ignore' });` +
      `require('node:fs').writeFileSync(${JSON.stringify(started)}, process.pid + ' ' + c.pid); ${child}`;
    const running = run(script);
    running.catch(() => {});
    let pids: number[] = [];
    while (pids.length < 2) {
      await sleep(20);
      pids = (await readFile(started, "utf8").catch(() => "")).split(" ").filter(Boolean).map(Number);
    }
    abort.abort(new Error("enough"));
    await expect(running).rejects.toThrow("enough");
    const isAlive = async (pid: number): Promise<boolean> => {
      const state = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => null);
      if (process.platform === "linux") return state !== null && !/\) [ZX] /.test(state);
      try {
        return process.kill(pid, 0);
      } catch {
        return false;
      }
    };
    while ((await Promise.all(pids.map(isAlive))).some(Boolean)) await sleep(20);
  });
});

it("a loader of one's own makes a document of what its command writes", async () => {
  await writeFile(join(folder, "a b.xyz"), "alpha");
  const script = join(folder, "convert.cjs");
  await writeFile(
    script,
    "console.log('# ' + require('node:fs').readFileSync(process.argv[2], 'utf8') + '\\n\\nText.')",
  );
  const own = ownLoaders(
    { "*.xyz": `"${process.execPath}" "${script}" {file}`, "raw/*": "cat" },
    { folder, variables: process.env, signal: abort.signal },
  );
  expect(own.formats).toEqual(["xyz", "raw/*"]);
  expect(own.loaderFor("a.md")).toBeNull();
  expect(own.loaderFor("raw/x")?.name).toBe("raw/*: cat");
  const loader = own.loaderFor("a b.xyz");
  const loaded = await loader?.load({ source: "a b.xyz", bytes: Buffer.from("alpha") });
  expect(loaded?.document).toMatchObject({ source: "a b.xyz", format: "xyz", title: "alpha", places: "none" });
  expect(loaded?.document.pages[0]?.text).toContain("# alpha\n\nText.");
  // A page of the web has no path.
  const page = await loader?.load({ source: "https://example.com/b.xyz", bytes: Buffer.from("beta") });
  expect(page?.document).toMatchObject({ source: "https://example.com/b.xyz", title: "beta" });
});
