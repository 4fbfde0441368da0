import { spawn } from "node:child_process";
import { access, mkdir, mkdtemp, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { ExitCode, UserError } from "../errors.ts";
import { cacheFolder } from "../util/user-folders.ts";

/** What the engine runs on; raised together after the contract suite has passed on the new versions. */
const LITE_PACKAGES = { "milvus-lite": "3.2.0", pymilvus: "3.0.2" } as const;

const OLDEST_PYTHON = [3, 10] as const;
const candidates = ["python3.13", "python3.12", "python3.11", "python3.10", "python3", "python"];
const INSTALL_MINUTES = 20;
const ABANDONED_AFTER_HOURS = 6;
const PARTIAL_PREFIX = ".partial-";

export interface LiteEnvironmentOptions {
  variables: Readonly<Record<string, string | undefined>>;
  /** What the user should know while it takes a minute, one line each. */
  onNotice(text: string): void;
}

/** An interpreter that has the packages, and the arguments that it always takes. */
export interface LitePython {
  command: string;
  arguments: readonly string[];
}

/**
 * The interpreter of the private environment, which is made on first use: with `uv` where that is installed, else with
 * `venv` and `pip` and the machine's own pip configuration. An environment is built aside and renamed when it is
 * whole, so that a half-made one is never used and two processes may build at once.
 *
 * Throws `UserError` where there is no Python of 3.10 or later, or its packages cannot be had.
 */
export async function provideLitePython(options: LiteEnvironmentOptions): Promise<LitePython> {
  const root = cacheFolder(options.variables);
  const folder = join(
    root,
    `milvus-lite-${LITE_PACKAGES["milvus-lite"]}-pymilvus-${LITE_PACKAGES.pymilvus}-${process.arch}`,
  );
  if (!(await isWhole(folder))) {
    await mkdir(root, { recursive: true });
    await removeAbandoned(root);
    await build(root, folder, options);
  }
  // -I: neither PYTHONPATH nor the user's own packages take part.
  return { command: interpreterIn(folder), arguments: ["-I"] };
}

/** An interpreter of 3.10 or later on the search path; `null` where there is none. */
export async function findPython(variables: LiteEnvironmentOptions["variables"]): Promise<string | null> {
  for (const command of candidates) {
    const found = await run(command, ["-c", "import sys; print(*sys.version_info[:2])"], variables, 15_000);
    if (found.code !== 0) continue;
    const [major = 0, minor = 0] = found.output.trim().split(" ").map(Number);
    if (major > OLDEST_PYTHON[0] || (major === OLDEST_PYTHON[0] && minor >= OLDEST_PYTHON[1])) return command;
  }
  return null;
}

function interpreterIn(folder: string): string {
  return process.platform === "win32" ? join(folder, "Scripts", "python.exe") : join(folder, "bin", "python");
}

/** The interpreter inside is a link to the one it was made from, which may have been removed since. */
async function isWhole(folder: string): Promise<boolean> {
  return access(interpreterIn(folder)).then(
    () => true,
    () => false,
  );
}

async function build(root: string, folder: string, options: LiteEnvironmentOptions): Promise<void> {
  const { variables, onNotice } = options;
  const uv = !(await pipIsConfigured(variables)) && (await run("uv", ["--version"], variables, 15_000)).code === 0;
  const python = await findPython(variables);
  if (python === null && !uv) throw await noPython(variables);

  const packages = Object.entries(LITE_PACKAGES).map(([name, version]) => `${name}==${version}`);
  onNotice(`setting up Milvus Lite, once: ${packages.join(" and ")} in ${root} (about 450 MB)`);
  const started = Date.now();
  const partial = await mkdtemp(join(root, PARTIAL_PREFIX));
  try {
    const [makeCommand, makeArguments] = uv
      ? ([
          "uv",
          ["venv", "--quiet", "--python", python ?? `>=${OLDEST_PYTHON.join(".")}`, "--allow-existing", partial],
        ] as const)
      : ([python as string, ["-m", "venv", partial]] as const);
    const made = await run(makeCommand, makeArguments, variables, INSTALL_MINUTES * 60_000);
    if (made.code !== 0) throw cannotMakeEnvironment(makeCommand, made.output);

    onNotice("downloading its packages…");
    const [installCommand, installArguments] = uv
      ? (["uv", ["pip", "install", "--quiet", "--python", interpreterIn(partial), ...packages]] as const)
      : ([
          interpreterIn(partial),
          [
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--no-input",
            "--prefer-binary",
            ...packages,
          ],
        ] as const);
    const installed = await run(installCommand, installArguments, variables, INSTALL_MINUTES * 60_000);
    if (installed.code !== 0) throw cannotInstall(installed.output);
    await writeFile(join(partial, "README"), "Made by milvus-rag for Milvus Lite. It can be deleted at any time.\n");
    await publish(partial, folder);
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
  onNotice(`Milvus Lite is ready (${Math.round((Date.now() - started) / 1000)} s)`);
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
      // What stands there is of no use: its interpreter is gone.
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

/** uv reads no pip configuration; a machine that has one (an index of its own, a certificate) gets pip. */
async function pipIsConfigured(variables: LiteEnvironmentOptions["variables"]): Promise<boolean> {
  const names = ["PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "PIP_CERT", "PIP_PROXY", "PIP_CONFIG_FILE"];
  if (names.some((name) => variables[name])) return true;
  const home = variables["HOME"] || homedir();
  const files = [
    join(variables["XDG_CONFIG_HOME"] || join(home, ".config"), "pip", "pip.conf"),
    join(home, ".pip", "pip.conf"),
    "/etc/pip.conf",
    join(home, "Library", "Application Support", "pip", "pip.conf"),
    join(variables["APPDATA"] || join(home, "AppData", "Roaming"), "pip", "pip.ini"),
  ];
  const found = await Promise.all(
    files.map((file) =>
      access(file).then(
        () => true,
        () => false,
      ),
    ),
  );
  return found.includes(true);
}

interface Finished {
  /** `null` where the program could not be started, or was ended. */
  code: number | null;
  /** Standard output and standard error as they came. */
  output: string;
}

function run(
  command: string,
  commandArguments: readonly string[],
  variables: LiteEnvironmentOptions["variables"],
  timeout: number,
): Promise<Finished> {
  return new Promise((resolve) => {
    const child = spawn(command, commandArguments, {
      env: { ...variables },
      stdio: ["ignore", "pipe", "pipe"],
      timeout,
      windowsHide: true,
    });
    let output = "";
    const collect = (data: Buffer): void => {
      output = (output + data.toString()).slice(-20_000);
    };
    child.stdout.on("data", collect);
    child.stderr.on("data", collect);
    child.on("error", (error) => resolve({ code: null, output: error.message }));
    child.on("close", (code) => resolve({ code, output }));
  });
}

async function noPython(variables: LiteEnvironmentOptions["variables"]): Promise<UserError> {
  const older = await run("python3", ["--version"], variables, 15_000);
  const wanted = `Python ${OLDEST_PYTHON.join(".")} or later`;
  const found =
    older.code === 0 ? `the one on the search path is ${older.output.trim()}` : "there is none on the search path";
  return new UserError("no-python", `Milvus Lite needs ${wanted}; ${found}`, {
    hint: `install ${wanted}, or name an interpreter in \`milvus.python\`; without \`milvus.uri\` the embedded store needs no Python`,
    exitCode: ExitCode.backend,
  });
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

function cannotInstall(output: string): UserError {
  const unreachable =
    /connection|name resolution|getaddrinfo|timed? ?out|ProxyError|SSLError|certificate|No matching distribution|error sending request/i;
  const message = unreachable.test(output)
    ? "the packages of Milvus Lite cannot be had: the package index does not answer or does not have them"
    : "the packages of Milvus Lite could not be installed";
  return new UserError("lite-packages", `${message}: ${lastLine(output)}`, {
    hint: `check the network and pip's configuration, or install ${Object.keys(LITE_PACKAGES).join(" and ")} yourself and name that interpreter in \`milvus.python\``,
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
