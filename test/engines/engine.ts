import { spawn } from "node:child_process";
import { mkdir, mkdtemp, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { cacheFolder } from "../../src/files/user-folders.ts";
import { chooseInstaller, findPython, interpreterIn, run } from "../../src/stores/milvus/lite/installer.ts";

/** Engines of Milvus that the Python package index carries, and the version that each one is. */
const engines = {
  /** The standalone server, which is whole but has no BM25. */
  server: { package: "milvus==2.3.5", title: "Milvus 2.3" },
  /** The engine inside Milvus Lite 2.x: what 2.5 does with a text, an expression and a search. */
  core: { package: "milvus-lite==2.5.1", title: "the core of Milvus 2.5" },
} as const;

const holdEngine = fileURLToPath(new URL("hold-engine.py", import.meta.url));

export type EngineName = keyof typeof engines;

export interface RunningEngine {
  /** `127.0.0.1:40123` */
  address: string;
  /** Ends the engine and removes what it kept. */
  stop(): Promise<void>;
}

/** The engines' packages and, the first time, what the server unpacks. */
export const ENGINE_START_MS = 15 * 60_000;

/** CI sets it: the engines must run, rather than be skipped. */
const isRequired = Boolean(process.env["RAG_REQUIRE_MILVUS"]);

/**
 * Why an engine cannot run here; `null` where it can. Throws where it has to. Without a network of its own, the server
 * listens on every interface: it is started like that only where it has to run.
 */
export async function engineUnavailable(name: EngineName): Promise<string | null> {
  const reason = await reasonAgainst(name);
  if (reason === null || !isRequired) return reason;
  throw new Error(`${engineTitle(name)} has to be tested here, and cannot be: ${reason}`);
}

async function reasonAgainst(name: EngineName): Promise<string | null> {
  if (process.platform !== "linux") return "it is started with means of Linux";
  const python = await findPython(process.env);
  if (python === null) return "there is no Python 3.10 or later on this machine";
  if (name !== "server" || isRequired) return null;
  const { code } = await run([python, ["-I", holdEngine, "network"]], { variables: process.env, timeoutMs: 60_000 });
  return code === 0 ? null : "this system lets no network namespace be made, without which its ports would be open";
}

export function engineTitle(name: EngineName): string {
  return engines[name].title;
}

/** Starts an engine on data of its own; it ends with this process at the latest. Throws with the part of its log that tells why not. */
export async function startEngine(name: EngineName): Promise<RunningEngine> {
  const python = await provideEngines();
  // The engine lives as long as the other end of its standard input.
  const child = spawn(python, ["-I", holdEngine, name], { stdio: ["pipe", "pipe", "pipe"] });
  let errors = "";
  child.stderr.on("data", (data: Buffer) => {
    errors = (errors + data.toString()).slice(-20_000);
  });
  let isReady = false;
  let isWanted = true;
  const ended = new Promise<void>((resolve) => {
    child.on("error", () => resolve());
    child.on("close", () => {
      if (isReady && isWanted) process.stderr.write(`${engineTitle(name)} ended during the tests: ${errors}\n`);
      resolve();
    });
  });
  const ready = await new Promise<string | null>((resolve) => {
    createInterface(child.stdout).once("line", resolve);
    child.once("close", () => resolve(null));
    child.once("error", () => resolve(null));
  });
  if (ready === null) throw new Error(`${engineTitle(name)} did not start: ${errors}`);
  isReady = true;
  return {
    address: (JSON.parse(ready) as { address: string }).address,
    async stop() {
      isWanted = false;
      child.stdin.end();
      await ended;
    },
  };
}

/** The interpreter of a private environment that has the engines; made on first use, kept in the cache folder. */
async function provideEngines(): Promise<string> {
  const packages = Object.values(engines).map((engine) => engine.package);
  const root = cacheFolder(process.env);
  const folder = join(root, `test-engines-${packages.join("-").replaceAll("==", "-")}-${process.arch}`);
  if (await isThere(interpreterIn(folder))) return interpreterIn(folder);
  await mkdir(root, { recursive: true });
  const installer = await chooseInstaller(process.env);
  // Built aside, so that an environment in its place is whole. It finds its packages by where its interpreter lies.
  const partial = await mkdtemp(join(root, ".partial-"));
  try {
    for (const command of [installer.makeEnvironment(partial), installer.install(partial, packages)]) {
      const { code, output } = await run(command, { variables: process.env, timeoutMs: ENGINE_START_MS, folder: root });
      if (code !== 0) throw new Error(`the engines for the tests could not be installed: ${output}`);
    }
    await rename(partial, folder).catch(async (error: unknown) => {
      // Another run was faster.
      if (!(await isThere(interpreterIn(folder)))) throw error;
    });
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
  return interpreterIn(folder);
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
