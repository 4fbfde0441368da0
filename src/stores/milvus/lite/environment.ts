import { access, mkdtemp, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ExitCode, UserError, messageOf } from "../../../errors.ts";
import { makeFolder } from "../../../files/make-folder.ts";
import { cacheFolder } from "../../../files/user-folders.ts";
import { type Installer, chooseInstaller, interpreterIn, run } from "./installer.ts";

/** What an engine runs on. */
export interface LiteEnvironment {
  title: string;
  packages: Readonly<Record<string, string>>;
  /** Of the environment, about. */
  megabytes: number;
}

/** The engine of the databases that this tool makes. Versions are raised together, after the contract suite has passed. */
export const lite3Environment: LiteEnvironment = {
  title: "Milvus Lite",
  packages: { "milvus-lite": "3.2.0", pymilvus: "3.0.2" },
  megabytes: 450,
};

/** The last engine that reads the single file of a database of Milvus Lite 2.x. */
export const lite2Environment: LiteEnvironment = {
  title: "the engine of Milvus Lite 2.x",
  packages: { "milvus-lite": "2.5.1" },
  megabytes: 200,
};

const INSTALL_MINUTES = 20;
const ABANDONED_AFTER_HOURS = 6;
const PARTIAL_PREFIX = ".partial-";
/** Name of a file that marks an environment which replaced a damaged one. */
const REBUILT = "REBUILT";

export interface LiteEnvironmentOptions {
  variables: Readonly<Record<string, string | undefined>>;
  /** What the user should know while it takes a minute, one line each. */
  onNotice(text: string): void;
}

/** An interpreter that has the packages, and the arguments that it always takes. */
export interface LitePython {
  command: string;
  arguments: readonly string[];
  /** Set where the environment is this tool's own. */
  environment?: {
    folder: string;
    /**
     * Makes the environment anew, after its packages were found missing; `false` where that was done before: what is
     * in the way now is not the environment. Throws as `provideLitePython` does.
     */
    rebuild(): Promise<boolean>;
  };
}

/**
 * The interpreter of the private environment. On first use the environment is made, by the installer that the machine
 * is set up for. It is built aside and renamed when it is whole, so that a half-made one is never used and two processes
 * may build at once.
 *
 * Throws `UserError` where there is no Python of 3.10 or later, its packages cannot be had, or the cache folder cannot
 * be used.
 */
export async function provideLitePython(
  callers: LiteEnvironmentOptions,
  environment: LiteEnvironment = lite3Environment,
): Promise<LitePython> {
  const options = { ...callers, environment };
  const { root, folder } = placeOf(options.variables, environment);
  if (!(await isWhole(folder))) await inCacheFolder(root, () => build(root, folder, options));
  let seen = await identityOf(folder);
  const rebuild = async (): Promise<boolean> => {
    // Another command may have done it meanwhile.
    const isDamaged = (await identityOf(folder).catch(() => null)) === seen;
    if (isDamaged && (await isThere(join(folder, REBUILT)))) return false;
    await inCacheFolder(root, async () => {
      if (isDamaged) await removeDamaged(root, folder);
      if (!(await isWhole(folder))) await build(root, folder, { ...options, again: true });
    });
    seen = await identityOf(folder);
    return true;
  };
  // -I: neither PYTHONPATH nor the user's own packages take part.
  return { command: interpreterIn(folder), arguments: ["-I"], environment: { folder, rebuild } };
}

/** The folder of an environment, in the cache folder `root`. */
function placeOf(
  variables: LiteEnvironmentOptions["variables"],
  { packages }: LiteEnvironment,
): { root: string; folder: string } {
  const root = cacheFolder(variables);
  return { root, folder: join(root, `${Object.entries(packages).flat().join("-")}-${process.arch}`) };
}

/** As `Store.pendingSetup` says it. Throws `UserError` where there is no Python to set the environment up with. */
export async function pendingSetup(
  variables: LiteEnvironmentOptions["variables"],
  environment: LiteEnvironment,
): Promise<string | null> {
  const { root, folder } = placeOf(variables, environment);
  if (await isWhole(folder)) return null;
  await chooseInstaller(variables);
  return `${environment.title} is not set up yet: the first command that uses it downloads about ${environment.megabytes} MB to ${root}`;
}

/** Tells a folder from its successor. The inode number alone does not: file systems use it again. */
async function identityOf(folder: string): Promise<string> {
  const { ino, ctimeMs } = await stat(folder);
  return `${ino} ${ctimeMs}`;
}

/** Moved aside first: half an environment in its place would be used by the next command. */
async function removeDamaged(root: string, folder: string): Promise<void> {
  const aside = join(await mkdtemp(join(root, PARTIAL_PREFIX)), "damaged");
  await rename(folder, aside);
  await rm(dirname(aside), { recursive: true, force: true });
}

/** Turns failures of the file system into a `UserError` that names the cache folder. */
async function inCacheFolder(root: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof Error) || !("syscall" in error)) throw error;
    throw new UserError("lite-environment", `the cache folder ${root} cannot be used: ${messageOf(error)}`, {
      hint: "set XDG_CACHE_HOME to a folder that can be written, or name an interpreter that has milvus-lite and pymilvus in `milvus.python`",
      exitCode: ExitCode.backend,
      cause: error,
    });
  }
}

/** The interpreter inside is a link to the one it was made from, which may have been removed since. */
async function isWhole(folder: string): Promise<boolean> {
  return isThere(interpreterIn(folder));
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

async function build(
  root: string,
  folder: string,
  {
    variables,
    onNotice,
    environment: { title, packages: versions, megabytes },
    again = false,
  }: LiteEnvironmentOptions & { environment: LiteEnvironment; again?: boolean },
): Promise<void> {
  await makeFolder(root);
  await removeAbandoned(root);
  const installer = await chooseInstaller(variables);
  const packages = Object.entries(versions).map(([name, version]) => `${name}==${version}`);
  onNotice(
    `setting up ${title}${again ? " again, as packages of it are gone" : ", once"}: ${packages.join(" and ")} in ${root} (about ${megabytes} MB)`,
  );
  const started = Date.now();
  const partial = await mkdtemp(join(root, PARTIAL_PREFIX));
  const step = { variables, timeoutMs: INSTALL_MINUTES * 60_000, folder: root };
  try {
    const make = installer.makeEnvironment(partial);
    const made = await run(make, step);
    if (made.code !== 0) throw cannotMakeEnvironment(make[0], made.output);
    onNotice("downloading its packages…");
    const installed = await run(installer.install(partial, packages), step);
    if (installed.code !== 0) throw cannotInstall(installed.output, installer, packages);
    await writeFile(join(partial, "README"), "Made by milvus-rag for Milvus Lite. It can be deleted at any time.\n");
    if (again) await writeFile(join(partial, REBUILT), "");
    await publish(partial, folder);
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
  onNotice(`${title} is ready (${Math.round((Date.now() - started) / 1000)} s)`);
}

/** Puts the finished environment in its place, unless another process was there first. */
async function publish(partial: string, folder: string): Promise<void> {
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      await rename(partial, folder);
      return;
    } catch (error) {
      if (await isWhole(folder)) return;
      if (attempt > 0) throw error;
      // The environment in its place is unusable: its interpreter is gone.
      await rm(folder, { recursive: true, force: true });
    }
  }
}

async function removeAbandoned(root: string): Promise<void> {
  for (const name of await readdir(root)) {
    if (!name.startsWith(PARTIAL_PREFIX)) continue;
    const path = join(root, name);
    const age =
      Date.now() -
      (await stat(path).then(
        (status) => status.mtimeMs,
        () => Date.now(),
      ));
    if (age > ABANDONED_AFTER_HOURS * 3_600_000) await rm(path, { recursive: true, force: true });
  }
}

function cannotMakeEnvironment(command: string, output: string): UserError {
  const noVenv = /ensurepip|No module named '?venv/.test(output);
  return new UserError("lite-environment", `\`${command}\` cannot make a virtual environment: ${lastLine(output)}`, {
    hint: noVenv
      ? "install the package that brings `venv` (on Debian and Ubuntu: python3-venv), or install uv"
      : "name an interpreter that has milvus-lite and pymilvus in `milvus.python`",
    exitCode: ExitCode.backend,
  });
}

function cannotInstall(output: string, { configuration }: Installer, packages: readonly string[]): UserError {
  const unreachable =
    /connection|name resolution|getaddrinfo|timed? ?out|ProxyError|SSLError|certificate|No matching distribution|error sending request/i;
  const message = unreachable.test(output)
    ? "the packages of Milvus Lite cannot be had: the package index does not answer or does not have them"
    : "the packages of Milvus Lite could not be installed";
  return new UserError("lite-packages", `${message}: ${lastLine(output)}`, {
    hint: `check the network and ${configuration}, or install ${packages.join(" and ")} yourself and name that interpreter in \`milvus.python\``,
    exitCode: ExitCode.backend,
  });
}

/** The last line that says something, without what a package index's address may carry. */
function lastLine(output: string): string {
  const lines = output.split("\n").map((line) => line.trim());
  const errors = lines.filter((line) => /error/i.test(line));
  const line = errors.at(-1) ?? lines.findLast((candidate) => candidate !== "") ?? "no reason given";
  return line.replaceAll(/\/\/[^/\s@]*@/g, "//").slice(0, 300);
}
