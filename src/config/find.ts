import { existsSync } from "node:fs";
import path from "node:path";
import type { CosmiconfigResult, Loader, Options } from "cosmiconfig";
import { UserError, messageOf } from "../errors.ts";
import { parseJson, parseJsonOrYaml, parseYaml } from "./parse.ts";

/** A configuration file and what it holds, before anything is expanded or checked. */
export interface ConfigFile {
  /** Absolute. */
  file: string;
  /** `undefined` for an empty file. */
  content: unknown;
}

interface Explorer {
  search(folder: string): Promise<CosmiconfigResult>;
  load(file: string): Promise<CosmiconfigResult>;
}

type ExplorerOptions = Partial<Options> & { moduleName: string; applyPackagePropertyPathToConfiguration: boolean };

const searchPlaces = [".ragrc", ".ragrc.json", ".ragrc.yaml", ".ragrc.yml", "rag.config.json", "package.json"];

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
}): Promise<ConfigFile | null> {
  const explorer = await createExplorer();
  if (options.named !== null) {
    const file = path.resolve(options.workingDirectory, options.named);
    return readWith(() => explorer.load(file), file);
  }
  for (const folder of foldersUpwards(options.workingDirectory, options.homeDirectory)) {
    const found = await readWith(() => explorer.search(folder), folder);
    if (found !== null) return found;
  }
  return null;
}

/** From the folder to the first one that is home or holds a repository; to the top where there is none. */
function foldersUpwards(start: string, home: string): string[] {
  const folders = [start];
  let folder = start;
  while (folder !== home && !existsSync(path.join(folder, ".git"))) {
    const parent = path.dirname(folder);
    if (parent === folder) break;
    folders.push(parent);
    folder = parent;
  }
  return folders;
}

/**
 * cosmiconfig's explorer by its file: the package's entry point first looks for settings of its own and would run a
 * `.config/config.js` of the working folder to get them. The dependency is pinned to one version for this reason.
 */
async function createExplorer(): Promise<Explorer> {
  const module = (await import("cosmiconfig/dist/Explorer.js")) as unknown as {
    Explorer: new (options: ExplorerOptions) => Explorer;
  };
  return new module.Explorer({
    moduleName: "rag",
    searchPlaces,
    searchStrategy: "none",
    ignoreEmptySearchPlaces: false,
    cache: false,
    transform: (result: CosmiconfigResult) => result,
    applyPackagePropertyPathToConfiguration: false,
    loaders: {
      ".json": parseJson,
      ".yaml": parseYaml,
      ".yml": parseYaml,
      noExt: parseJsonOrYaml,
      default: refuseCode,
    },
  });
}

const refuseCode: Loader = (file) => {
  throw new UserError("invalid-config", `${file} is not a configuration file`, {
    hint: "a configuration is data: a .json, .yaml or .yml file, or .ragrc",
  });
};

async function readWith(read: () => Promise<CosmiconfigResult>, place: string): Promise<ConfigFile | null> {
  try {
    const result = await read();
    return result === null ? null : { file: result.filepath, content: result.config };
  } catch (error) {
    if (error instanceof UserError) throw error;
    if (error instanceof Error && "code" in error && error.code === "ENOENT") {
      throw new UserError("config-not-found", `there is no configuration file ${place}`, {
        hint: "check the path given to --config",
        cause: error,
      });
    }
    if (error instanceof Error && "code" in error && error.code === "EISDIR") {
      throw new UserError("config-not-readable", `${place} is a folder, not a configuration file`, {
        hint: `name the file in it, e.g. --config ${path.join(place, ".ragrc")}`,
        cause: error,
      });
    }
    throw new UserError("config-not-readable", `cannot read the configuration at ${place}: ${messageOf(error)}`, {
      cause: error,
    });
  }
}
