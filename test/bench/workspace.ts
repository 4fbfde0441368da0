import { spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The project's root: this file runs compiled, one folder deeper than it is written. */
export const projectRoot = rootAbove(dirname(fileURLToPath(import.meta.url)));
export const ragBinary = join(projectRoot, "bin", "rag.js");
const peakMemoryModule = join(projectRoot, "test", "bench", "peak-memory.mjs");

/** One process from its start to its end. */
export interface ProcessRun {
  milliseconds: number;
  stdout: string;
  /** Most memory that was resident at once, in bytes. */
  peakBytes: number;
}

/** What a topic works in: a temporary folder with an empty home. */
export interface Workspace {
  /** Absolute. */
  readonly folder: string;
  /** Variables for child processes: nothing of the user's own that would change a result. */
  readonly variables: NodeJS.ProcessEnv;
  /** Makes a folder in the workspace and returns its absolute path. */
  newFolder(name: string): Promise<string>;
  /** Runs `node` with these arguments. Throws where it ends with another exit code than 0. */
  node(argv: readonly string[], cwd: string): ProcessRun;
  /** Runs the built tool. */
  rag(argv: readonly string[], cwd: string): ProcessRun;
  /** As `rag`, and measures memory, which costs some milliseconds. */
  ragWithPeak(argv: readonly string[], cwd: string): Promise<ProcessRun>;
  /** As `rag`, for where a thread or a server of this process has to work meanwhile. */
  ragBeside(argv: readonly string[], cwd: string): Promise<ProcessRun>;
  progress(text: string): void;
}

export async function withWorkspace<T>(use: (workspace: Workspace) => Promise<T>): Promise<T> {
  const root = await realpath(await mkdtemp(join(tmpdir(), "rag-bench-")));
  try {
    return await use(await createWorkspace(root));
  } finally {
    await rm(root, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function createWorkspace(root: string): Promise<Workspace> {
  const home = join(root, "home");
  await mkdir(home);
  // The cache stays the user's own: what is provisioned once is not fetched again for a measurement.
  const { PATH, XDG_CACHE_HOME, HOME = "" } = process.env;
  const variables = { PATH, HOME: home, USERPROFILE: home, XDG_CACHE_HOME: XDG_CACHE_HOME ?? join(HOME, ".cache") };
  const peakFile = join(root, "peak");

  const node: Workspace["node"] = (argv, cwd) => run(argv, cwd, variables);
  return {
    folder: root,
    variables,
    newFolder: async (name) => {
      const folder = join(root, name);
      await mkdir(folder, { recursive: true });
      // The configuration of this folder is found before any above it.
      await writeFile(join(folder, ".ragrc"), "{}\n");
      return folder;
    },
    node,
    rag: (argv, cwd) => node([ragBinary, ...argv], cwd),
    ragWithPeak: async (argv, cwd) => {
      const measured = { ...variables, RAG_BENCH_PEAK_FILE: peakFile };
      const finished = run(["--import", peakMemoryModule, ragBinary, ...argv], cwd, measured);
      return { ...finished, peakBytes: Number(await readFile(peakFile, "utf8")) };
    },
    ragBeside: (argv, cwd) => runBeside([ragBinary, ...argv], cwd, variables),
    progress: (text) => void process.stderr.write(`${text}\n`),
  };
}

function run(argv: readonly string[], cwd: string, env: NodeJS.ProcessEnv): ProcessRun {
  const started = performance.now();
  const child = spawnSync(process.execPath, argv, { cwd, env, encoding: "utf8", maxBuffer: 1 << 28 });
  const milliseconds = performance.now() - started;
  if (child.status !== 0) {
    throw new Error(`node ${argv.join(" ")} ended with ${child.status ?? child.signal}:\n${child.stderr}`, {
      cause: child.error,
    });
  }
  return { milliseconds, stdout: child.stdout, peakBytes: Number.NaN };
}

function runBeside(argv: readonly string[], cwd: string, env: NodeJS.ProcessEnv): Promise<ProcessRun> {
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const child = spawn(process.execPath, argv, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (part: string) => (stdout += part));
    child.stderr.setEncoding("utf8").on("data", (part: string) => (stderr += part));
    child.on("error", reject);
    child.on("close", (status, signal) => {
      if (status === 0) resolve({ milliseconds: performance.now() - started, stdout, peakBytes: Number.NaN });
      else reject(new Error(`node ${argv.join(" ")} ended with ${status ?? signal}:\n${stderr}`));
    });
  });
}

function rootAbove(folder: string): string {
  return existsSync(join(folder, "package.json")) ? folder : rootAbove(dirname(folder));
}
