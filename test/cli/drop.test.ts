import path from "node:path";
import { PassThrough } from "node:stream";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dropCollection } from "../../src/cli/commands/collections.ts";
import { createOutput } from "../../src/cli/render/output.ts";
import { type Sandbox, createSandbox } from "./run-rag.ts";

let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await createSandbox();
  await sandbox.write({ "notes.txt": "data is stored in segments\n" });
  await sandbox.rag(["ingest", "notes.txt"]);
});

afterAll(() => sandbox.remove());

/** Drops `docs` as somebody at a terminal does, with the results in a file. */
async function drop(flags: { json: boolean }, typed: string) {
  const terminal = () => Object.assign(new PassThrough(), { isTTY: true, columns: 80 });
  const [stdin, stdout, stderr] = [terminal(), new PassThrough(), terminal()];
  const output = createOutput({ stdout, stderr }, { ...flags, quiet: false, verbose: false, color: false }, {});
  const context = {
    variables: {},
    workingDirectory: sandbox.folder,
    homeDirectory: path.join(sandbox.folder, "../home"),
    stdin,
    output,
    signal: new AbortController().signal,
  };
  stdin.write(typed);
  const exitCode = await dropCollection({ name: "docs", color: true, ...flags }, context);
  output.settle();
  const text = (stream: PassThrough) => String(stream.read() ?? "");
  return { exitCode, stdout: text(stdout), stderr: text(stderr) };
}

describe("dropping a collection at a terminal", () => {
  const question = "Drop collection docs in .rag with all it holds? [y/N] ";

  it("keeps it where the answer is no", async () => {
    const stderr = `${question}note: collection docs was kept\n`;
    expect(await drop({ json: false }, "n\n")).toEqual({ exitCode: 1, stdout: "", stderr });
  });

  it("asks on stderr with --json, and prints one document on stdout", async () => {
    expect(await drop({ json: true }, "\n")).toEqual({ exitCode: 1, stdout: '{"dropped":null}\n', stderr: question });
    expect((await sandbox.rag(["collections", "show", "docs"])).exitCode).toBe(0);
    expect(await drop({ json: true }, "y\n")).toEqual({
      exitCode: 0,
      stdout: '{"dropped":"docs"}\n',
      stderr: question,
    });
    expect((await sandbox.rag(["collections", "show", "docs"])).exitCode).toBe(2);
  });
});
