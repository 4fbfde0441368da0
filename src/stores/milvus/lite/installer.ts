import { spawn } from "node:child_process";
import { access } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { ExitCode, UserError } from "../../../errors.ts";

type Variables = Readonly<Record<string, string | undefined>>;

/** A program and its arguments. */
type Command = readonly [program: string, commandArguments: readonly string[]];

/** What makes a virtual environment and puts packages into it. */
export interface Installer {
  makeEnvironment(folder: string): Command;
  install(folder: string, requirements: readonly string[]): Command;
  /** For hints: where its package index, proxy and certificates are set. */
  configuration: string;
}

const OLDEST_PYTHON = [3, 10] as const;
const candidates = ["python3.13", "python3.12", "python3.11", "python3.10", "python3", "python"];
const LOOK_MS = 15_000;

/**
 * `uv` where it is there, else `venv` and `pip`. uv reads no pip configuration: a machine on which pip is told of an
 * index, a proxy or a certificate, and uv is not, gets pip. Throws `UserError` `no-python`.
 */
export async function chooseInstaller(variables: Variables): Promise<Installer> {
  const [python, isUv] = await Promise.all([findPython(variables), prefersUv(variables)]);
  if (isUv) return uv(python);
  if (python === null) throw await noPython(variables);
  return pip(python);
}

/** An interpreter of 3.10 or later on the search path; `null` where there is none. */
export async function findPython(variables: Variables): Promise<string | null> {
  for (const command of candidates) {
    const script = "import sys; print(*sys.version_info[:2])";
    const found = await run([command, ["-I", "-c", script]], { variables, timeoutMs: LOOK_MS });
    if (found.code !== 0) continue;
    const [major = 0, minor = 0] = found.output.trim().split(" ").map(Number);
    if (major > OLDEST_PYTHON[0] || (major === OLDEST_PYTHON[0] && minor >= OLDEST_PYTHON[1])) return command;
  }
  return null;
}

export function interpreterIn(folder: string): string {
  return process.platform === "win32" ? join(folder, "Scripts", "python.exe") : join(folder, "bin", "python");
}

/** Without an interpreter of the machine, uv brings one. */
function uv(python: string | null): Installer {
  const wanted = python ?? `>=${OLDEST_PYTHON.join(".")}`;
  return {
    makeEnvironment: (folder) => ["uv", ["venv", "--quiet", "--python", wanted, "--allow-existing", folder]],
    install: (folder, requirements) => [
      "uv",
      ["pip", "install", "--quiet", "--python", interpreterIn(folder), ...requirements],
    ],
    configuration: "uv's configuration (`uv.toml`, UV_DEFAULT_INDEX)",
  };
}

/** -I: nothing that lies in the working folder is run by the name of a module. */
function pip(python: string): Installer {
  const quietly = ["--quiet", "--disable-pip-version-check", "--no-input", "--prefer-binary"];
  return {
    makeEnvironment: (folder) => [python, ["-I", "-m", "venv", folder]],
    install: (folder, requirements) => [
      interpreterIn(folder),
      ["-I", "-m", "pip", "install", ...quietly, ...requirements],
    ],
    configuration: "pip's configuration",
  };
}

async function prefersUv(variables: Variables): Promise<boolean> {
  if ((await run(["uv", ["--version"]], { variables, timeoutMs: LOOK_MS })).code !== 0) return false;
  return (
    (await isConfigured(uvSettings(variables), variables)) || !(await isConfigured(pipSettings(variables), variables))
  );
}

/** Variables and files that configure where a program gets packages from. */
interface Settings {
  names: readonly string[];
  files: readonly string[];
}

async function isConfigured({ names, files }: Settings, variables: Variables): Promise<boolean> {
  if (names.some((name) => variables[name])) return true;
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

/** https://docs.astral.sh/uv/concepts/configuration-files/ */
function uvSettings(variables: Variables): Settings {
  const { home, config, roaming } = foldersOf(variables);
  return {
    names: ["UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_INDEX", "UV_EXTRA_INDEX_URL", "UV_FIND_LINKS", "UV_CONFIG_FILE"],
    files: [join(config, "uv", "uv.toml"), join(home, ".config", "uv", "uv.toml"), "/etc/uv/uv.toml"].concat(
      join(roaming, "uv", "uv.toml"),
    ),
  };
}

/** https://pip.pypa.io/en/stable/topics/configuration/ */
function pipSettings(variables: Variables): Settings {
  const { home, config, roaming } = foldersOf(variables);
  return {
    names: ["PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "PIP_CERT", "PIP_PROXY", "PIP_CONFIG_FILE"],
    files: [
      join(config, "pip", "pip.conf"),
      join(home, ".pip", "pip.conf"),
      "/etc/pip.conf",
      join(home, "Library", "Application Support", "pip", "pip.conf"),
      join(roaming, "pip", "pip.ini"),
    ],
  };
}

function foldersOf(variables: Variables): { home: string; config: string; roaming: string } {
  const home = variables["HOME"] || homedir();
  return {
    home,
    config: variables["XDG_CONFIG_HOME"] || join(home, ".config"),
    roaming: variables["APPDATA"] || join(home, "AppData", "Roaming"),
  };
}

export interface Finished {
  /** `null` where the program could not be started, or was ended. */
  code: number | null;
  /** Standard output and standard error as they came. */
  output: string;
}

/** Runs a program to its end. `folder`: where it works; uv reads the configuration of a project that it works in. */
export function run(
  [program, commandArguments]: Command,
  { variables, timeoutMs, folder }: { variables: Variables; timeoutMs: number; folder?: string },
): Promise<Finished> {
  return new Promise((resolve) => {
    const child = spawn(program, commandArguments, {
      env: { ...variables },
      stdio: ["ignore", "pipe", "pipe"],
      windowsHide: true,
      ...(folder === undefined ? {} : { cwd: folder }),
    });
    let output = "";
    const collect = (data: Buffer): void => {
      output = (output + data.toString()).slice(-20_000);
    };
    child.stdout.on("data", collect);
    child.stderr.on("data", collect);
    // The timer of `spawn` itself goes on where the program cannot be started, and keeps this process from its end.
    const timer = setTimeout(() => child.kill(), timeoutMs);
    const finish = (finished: Finished): void => {
      clearTimeout(timer);
      resolve(finished);
    };
    child.on("error", (error) => finish({ code: null, output: error.message }));
    child.on("close", (code) => finish({ code, output }));
  });
}

async function noPython(variables: Variables): Promise<UserError> {
  const older = await run(["python3", ["--version"]], { variables, timeoutMs: LOOK_MS });
  const wanted = `Python ${OLDEST_PYTHON.join(".")} or later`;
  const found =
    older.code === 0 ? `the one on the search path is ${older.output.trim()}` : "there is none on the search path";
  return new UserError("no-python", `Milvus Lite needs ${wanted}; ${found}`, {
    hint: `install ${wanted}, or name an interpreter in \`milvus.python\`; without \`milvus.uri\` the embedded store needs no Python`,
    exitCode: ExitCode.backend,
  });
}
