import { type ChildProcess, type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { cacheFolder } from "../../src/files/user-folders.ts";
import { compiledFolder } from "../fixtures/built.ts";

const rag = fileURLToPath(new URL("../../bin/rag.js", import.meta.url));

export interface Run {
  exitCode: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

/**
 * A folder of its own, in which the built tool runs as a process, with a home that holds the compiled code of earlier
 * runs and nothing else: to compile it takes a command longer than all the rest that it does.
 */
export interface Sandbox {
  /** Absolute; the working folder. */
  readonly folder: string;
  write(files: Record<string, string>): Promise<void>;
  rag(
    argv: readonly string[],
    options?: { input?: string; variables?: Record<string, string>; cwd?: string },
  ): Promise<Run>;
  /** Runs a script of the POSIX shell in the folder, in which `rag` is the built tool. */
  shell(script: string): Promise<Run>;
  /** What the command printed, which has to be one JSON document. */
  json<Document>(...argv: string[]): Promise<Document>;
  /** Starts the tool and leaves it to the caller. */
  start(argv: readonly string[], variables?: Record<string, string>): ChildProcess;
  remove(): Promise<void>;
}

export async function createSandbox(): Promise<Sandbox> {
  const root = await realpath(await mkdtemp(path.join(tmpdir(), "rag-cli-")));
  const folder = path.join(root, "project");
  const home = path.join(root, "home");
  await mkdir(folder);
  const environment = { PATH: process.env["PATH"] ?? "", HOME: home, USERPROFILE: home };
  await mkdir(cacheFolder(environment), { recursive: true, mode: 0o700 });
  await symlink(compiledFolder, path.join(cacheFolder(environment), "compiled"), "junction");
  const start = (argv: readonly string[], variables: Record<string, string> = {}, cwd = folder) =>
    spawn(process.execPath, [rag, ...argv], { cwd, env: { ...environment, ...variables } });

  const run: Sandbox["rag"] = async (argv, { input = "", variables, cwd } = {}) => {
    return outcomeOf(start(argv, variables, cwd === undefined ? folder : path.join(folder, cwd)), input);
  };
  const outcomeOf = (child: ChildProcessWithoutNullStreams, input: string): Promise<Run> => {
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
    child.stdin.on("error", () => {});
    child.stdin.end(input);
    return new Promise((resolve, reject) => {
      child.on("error", reject);
      child.on("close", (exitCode, signal) => {
        const text = (chunks: Buffer[]) => Buffer.concat(chunks).toString("utf8");
        resolve({ exitCode, signal, stdout: text(stdout), stderr: text(stderr) });
      });
    });
  };
  return {
    folder,
    rag: run,
    shell: (script) => {
      const variables = { ...environment, NODE: process.execPath, RAG: rag };
      const all = `rag() { "$NODE" "$RAG" "$@"; }\n${script}`;
      return outcomeOf(spawn("sh", ["-c", all], { cwd: folder, env: variables }), "");
    },
    start,
    json: async (...argv) => JSON.parse((await run([...argv, "--json"])).stdout),
    write: async (files) => {
      for (const [name, content] of Object.entries(files)) {
        const file = path.join(folder, name);
        await mkdir(path.dirname(file), { recursive: true });
        await writeFile(file, content);
      }
    },
    remove: () => rm(root, { recursive: true, force: true }),
  };
}
