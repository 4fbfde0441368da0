import { createHash } from "node:crypto";
import { lstatSync } from "node:fs";
import path from "node:path";
import type { CosmiconfigResult, Loader, Options } from "cosmiconfig";
import { UserError, messageOf } from "../errors.ts";
import { foldersUpwards } from "../files/folders-upwards.ts";
import { readRegularFile } from "../files/read-regular-file.ts";
import { parseJson, parseJsonOrYaml, parseYaml } from "./parse.ts";
import { invalidConfig } from "./problem.ts";

/** A configuration file and what it holds, before anything is expanded or checked. */
export interface ConfigFile {
  /** Absolute. */
  file: string;
  /** `undefined` for an empty file, which sets nothing. */
  content: unknown;
  /** SHA-256 of the bytes that `content` was read from, in hexadecimal. */
  hash: string;
}

/** What a search came to. */
export interface ConfigSearch {
  found: ConfigFile | null;
  /** Files on the way that are named much like a configuration, and are none; absolute. */
  passedOver: string[];
}

interface Explorer {
  load(file: string): Promise<CosmiconfigResult>;
}

type ExplorerOptions = Partial<Options> & { moduleName: string; applyPackagePropertyPathToConfiguration: boolean };

/** A `package.json` of a large project has some tens of kilobytes. */
const maxConfigBytes = 4_000_000;

const manifest = "package.json";
const ownNames = [".ragrc", ".ragrc.json", ".ragrc.yaml", ".ragrc.yml", "rag.config.json"];
const mistakenNames = [
  ...["js", "cjs", "mjs", "ts", "toml"].flatMap((extension) => [`.ragrc.${extension}`, `rag.config.${extension}`]),
  "rag.config.yaml",
  "rag.config.yml",
];

/** Where settings are looked for, in words. */
export const configNames = `${ownNames.join(", ")}, or under "rag" in ${manifest}`;

/**
 * Reads the file that was named, or the nearest configuration from the working folder up to the repository's root or
 * the home folder, whichever is met first. Data formats only: nothing that is found is run.
 *
 * Throws `UserError` `config-not-found`, `config-not-readable` or `invalid-config`.
 */
export async function findConfigFile(options: {
  workingDirectory: string;
  homeDirectory: string;
  named: string | null;
}): Promise<ConfigSearch> {
  const passedOver: string[] = [];
  if (options.named !== null) {
    return { found: await readNamed(path.resolve(options.workingDirectory, options.named)), passedOver };
  }
  for (const folder of foldersUpwards(options.workingDirectory, options.homeDirectory)) {
    const found = await readNearest(folder);
    if (found !== null) return { found, passedOver };
    passedOver.push(...presentIn(folder, mistakenNames));
  }
  return { found: null, passedOver };
}

/** A configuration of our own in this very folder, absolute, whatever it holds; `null` where there is none. */
export function configIn(folder: string): string | null {
  return presentIn(folder, ownNames)[0] ?? null;
}

async function readNamed(file: string): Promise<ConfigFile> {
  const found = await loadFile(file);
  if (found !== null) return found;
  if (path.basename(file) !== manifest) throw withoutMapping(file);
  throw new UserError("config-not-found", `${file} says nothing under "rag"`, {
    hint: `name a file that holds settings: ${configNames}`,
  });
}

/** The configuration in a folder. One of our own names is meant for us: that it says nothing has to be a mistake. */
async function readNearest(folder: string): Promise<ConfigFile | null> {
  for (const file of presentIn(folder, ownNames)) {
    const found = await loadFile(file);
    if (found === null) throw withoutMapping(file);
    return found;
  }
  for (const file of presentIn(folder, [manifest])) {
    const found = await loadFile(file).catch((error: unknown) => {
      // One that cannot be read is for others to mind: it may well hold nothing of ours.
      if (error instanceof UserError && error.code !== "invalid-config") return null;
      throw error;
    });
    if (found !== null && found.content !== undefined) return found;
  }
  return null;
}

/** Links that lead nowhere are present too. A folder is asked for names, not listed: it may hold a great many. */
function presentIn(folder: string, names: readonly string[]): string[] {
  return names
    .map((name) => path.join(folder, name))
    .filter((file) => {
      try {
        return lstatSync(file, { throwIfNoEntry: false }) !== undefined;
      } catch {
        // Nobody may look into the folder.
        return false;
      }
    });
}

function withoutMapping(file: string): UserError {
  return invalidConfig([{ path: "", message: "expected a mapping of settings" }], file);
}

/**
 * cosmiconfig's explorer by its file: the package's entry point first looks for settings of its own and would run a
 * `.config/config.js` of the working folder to get them. The dependency is pinned to one version for this reason.
 */
async function createExplorer(text: string): Promise<Explorer> {
  const module = (await import("cosmiconfig/dist/Explorer.js")) as unknown as {
    Explorer: new (options: ExplorerOptions) => Explorer;
  };
  return new module.Explorer({
    moduleName: "rag",
    searchPlaces: ownNames,
    searchStrategy: "none",
    ignoreEmptySearchPlaces: false,
    cache: false,
    transform: (result: CosmiconfigResult) => result,
    applyPackagePropertyPathToConfiguration: false,
    loaders: {
      // The text that was checked and hashed: the library reads the file by its name once more.
      ".json": (file) => parseJson(file, text),
      ".yaml": (file) => parseYaml(file, text),
      ".yml": (file) => parseYaml(file, text),
      noExt: (file) => parseJsonOrYaml(file, text),
      default: refuseCode,
    },
  });
}

const refuseCode: Loader = (file) => {
  throw new UserError("invalid-config", `${file} is not a configuration file`, {
    hint: "a configuration is data: a .json, .yaml or .yml file, or .ragrc",
  });
};

/** `null` where the file holds nothing but `null`, or is a `package.json` without settings of ours. */
async function loadFile(file: string): Promise<ConfigFile | null> {
  try {
    const bytes = await readRegularFile(file, maxConfigBytes);
    const explorer = await createExplorer(bytes.toString("utf8"));
    const result = await explorer.load(file);
    if (result === null) return null;
    return { file, content: result.config, hash: createHash("sha256").update(bytes).digest("hex") };
  } catch (error) {
    if (error instanceof UserError && error.code === "not-a-file") throw notReadable(file, error);
    if (error instanceof UserError && error.code === "too-large") throw notReadable(file, error);
    if (error instanceof UserError) throw error;
    throw notReadable(file, error);
  }
}

function notReadable(file: string, cause: unknown): UserError {
  const code = cause instanceof Error && "code" in cause ? cause.code : null;
  if (code === "ENOENT" && presentIn(path.dirname(file), [path.basename(file)]).length > 0) {
    return new UserError("config-not-readable", `${file} is a link to a file that is not there`, {
      hint: "mend the link, or delete it",
      cause,
    });
  }
  if (code === "ENOENT") {
    return new UserError("config-not-found", `there is no configuration file ${file}`, {
      hint: "check the path given to --config",
      cause,
    });
  }
  if (code === "EISDIR") {
    return new UserError("config-not-readable", `${file} is a folder, not a configuration file`, {
      hint: `name the file in it, e.g. --config ${path.join(file, ".ragrc")}`,
      cause,
    });
  }
  return new UserError("config-not-readable", `cannot read the configuration at ${file}: ${messageOf(cause)}`, {
    cause,
  });
}
