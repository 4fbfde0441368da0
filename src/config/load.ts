import { realpathSync } from "node:fs";
import path from "node:path";
import type { Checked, Provenance } from "./check.ts";
import type { Environment } from "./environment.ts";
import { type ExpansionReport, expandVariables } from "./expand.ts";
import { configNames, findConfigFile } from "./find.ts";
import { defaultConfig } from "./default-config.ts";
import { nearestHolder } from "../files/folders-upwards.ts";
import { parseModelName } from "./model-name.ts";
import { plainConfig } from "./plain-settings.ts";
import { type Problem, invalidConfig } from "./problem.ts";
import type { Config } from "./schema.ts";
import { relocateAddress } from "../addresses/store-address.ts";
import { type Demand, demandsOf, refuseDemands } from "./trust/demands.ts";
import { isRemembered } from "./trust/memory.ts";
import { type Values, isValues, setAt } from "./values.ts";

/** One setting that a flag or a variable gives, above the file. */
export interface Override {
  /** E.g. `search.topK`; `embedding` and `llm` take a model as written on the command line: `provider[/model]`. */
  path: string;
  value: unknown;
  /** What gave it, for messages: `--top-k`. */
  origin: string;
}

export interface LoadedConfig {
  config: Config;
  environment: Environment;
  /** Notices about the files that settings were searched in, one line each. */
  notices: string[];
}

/** As the system names the working folder: without links, and without a slash at its end. */
function realPath(folder: string): string {
  try {
    return realpathSync(folder);
  } catch {
    return path.resolve(folder);
  }
}

/** Where settings are taken from. */
export interface ConfigSources {
  variables: Readonly<Record<string, string | undefined>>;
  workingDirectory: string;
  homeDirectory: string;
  /** `--config` as given. */
  configFile: string | null;
  /** Flags. */
  overrides: readonly Override[];
}

/** A configuration, and what its file asks for beyond what a project may decide. */
export interface ReviewedConfig extends LoadedConfig {
  /** Every setting that is not a default, and what gave it: the file, a variable or a flag. */
  origins: ReadonlyMap<string, string>;
  /** SHA-256 of the file; `null` where there is none. */
  hash: string | null;
  /** Empty where the user answers for the file. */
  demands: Demand[];
}

/**
 * Defaults < file < environment variables (`MILVUS_URI`, `MILVUS_TOKEN`, `RAG_COLLECTION`) < flags.
 *
 * Throws `UserError`: `config-not-found`, `config-not-readable`, `invalid-config` with everything that is wrong, or, for
 * a file that the user does not answer for, what `refuseDemands` throws.
 */
export async function loadConfig(sources: ConfigSources): Promise<LoadedConfig> {
  const { config, environment, notices, demands } = await reviewConfig(sources);
  refuseDemands(environment.configFile, demands);
  return { config, environment, notices };
}

/** The same without refusing: for `rag trust`, which shows what the file asks for. */
export async function reviewConfig(sources: ConfigSources): Promise<ReviewedConfig> {
  const { variables, workingDirectory } = sources;
  const homeDirectory = realPath(sources.homeDirectory);
  const { found, passedOver } = await findConfigFile({ workingDirectory, homeDirectory, named: sources.configFile });
  // A folder of stores marks a project's root as a configuration file does, so that sources are named from one place.
  const marked = found === null ? nearestHolder(defaultConfig().store.path, workingDirectory, homeDirectory) : null;
  const folder = found === null ? (marked?.holder ?? workingDirectory) : path.dirname(found.file);
  const isNamed = sources.configFile !== null || (found !== null && folder === homeDirectory);
  const isTrusted = found === null || isNamed || (await isRemembered(found.file, found.hash, variables));
  const problems: Problem[] = [];
  const report: ExpansionReport = { problems, expansions: [], fromVariables: new Set() };

  const fromFile = expandVariables(found?.content ?? {}, variables, report);
  if (!isValues(fromFile)) {
    throw invalidConfig([{ path: "", message: "expected a mapping of settings" }], found?.file ?? null);
  }
  const overrides = [...variableOverrides(variables), ...sources.overrides].map((override) =>
    override.path === "milvus.uri" ? relocateUri(override, workingDirectory, folder) : override,
  );
  const values = overrides.reduce(applyOverride, fromFile);
  const hidden = new Set(report.expansions.map(({ path }) => path));
  const checked = await check(values, { hidden, fromVariables: report.fromVariables });
  const reported = new Set(problems.map((problem) => problem.path));
  problems.push(...checked.problems.filter((problem) => !reported.has(problem.path)));
  if (checked.config === null || problems.length > 0) {
    throw invalidConfig(problems, found?.file ?? null, originsOf(overrides));
  }
  const { config } = checked;
  const { expansions } = report;
  const passed =
    sources.configFile === null || config.milvus.uri !== undefined || isValues(fromFile["store"])
      ? null
      : storePassedBy(folder, workingDirectory, homeDirectory);
  const file = found?.file ?? null;
  // Without a file, the folder of the store can still be a link that came with the project.
  const isJudged = found === null || !isTrusted;
  const demands = isJudged
    ? await demandsOf({ file, config, projectRoot: folder, expansions, overrides, variables })
    : [];
  return {
    config,
    environment: { variables, projectRoot: folder, workingDirectory, configFile: file, configIsTrusted: isTrusted },
    notices: [
      ...passedOver.map((file) => `${file} is not read; settings stand in ${configNames}`),
      ...(config.milvus.uri === undefined ? (marked?.ofOthers ?? []) : []).map(
        (store) => `${store} belongs to another user and is not used; to use it: --uri ${store}`,
      ),
      ...(passed === null
        ? []
        : [`${sources.configFile} keeps its store beside itself; for the one that is here: --uri ${passed}`]),
    ],
    origins: new Map([...pathsIn(fromFile).map((path) => [path, file ?? ""] as const), ...originsOf(overrides)]),
    hash: found?.hash ?? null,
    demands,
  };
}

/**
 * The store that a search here would use without `--config`, as it is written here; `null` where there is none, or where the
 * file's own folder has one already, which is what the user means then.
 */
function storePassedBy(folder: string, workingDirectory: string, homeDirectory: string): string | null {
  const { path: name } = defaultConfig().store;
  const { holder } = nearestHolder(name, workingDirectory, homeDirectory);
  if (holder === null || holder === folder || nearestHolder(name, folder, folder).holder === folder) return null;
  const store = path.relative(workingDirectory, path.join(holder, name));
  return store.startsWith("..") ? store : `./${store}`;
}

/** The schema's verdict, whose library is loaded only where there is more to say than `plainConfig` knows. */
async function check(values: Values, provenance: Provenance): Promise<Checked> {
  const config = plainConfig(values);
  if (config !== null) return { config, problems: [] };
  const { checkConfig } = await import("./check.ts");
  return checkConfig(values, provenance);
}

/** What gave each setting that the file does not decide; a model on the command line is two settings. */
function originsOf(overrides: readonly Override[]): Map<string, string> {
  return new Map(
    overrides.flatMap(({ path, origin }): [string, string][] =>
      path === "embedding" || path === "llm"
        ? [
            [`${path}.provider`, origin],
            [`${path}.model`, origin],
          ]
        : [[path, origin]],
    ),
  );
}

/** The paths of all settings of a file; a list is one setting. */
function pathsIn(values: Values): string[] {
  return Object.entries(values).flatMap(([key, value]) =>
    isValues(value) ? pathsIn(value).map((rest) => `${key}.${rest}`) : [key],
  );
}

function variableOverrides(variables: Readonly<Record<string, string | undefined>>): Override[] {
  const settings = { MILVUS_URI: "milvus.uri", MILVUS_TOKEN: "milvus.token", RAG_COLLECTION: "collection" };
  return Object.entries(settings).flatMap(([origin, path]) => {
    const value = variables[origin];
    return value === undefined || value === "" ? [] : [{ path, value, origin }];
  });
}

/** A local path that was given in the working folder, as the parts will read it: from the project root. */
function relocateUri(override: Override, workingDirectory: string, projectRoot: string): Override {
  return { ...override, value: relocateAddress(String(override.value), workingDirectory, projectRoot) };
}

function applyOverride(values: Values, override: Override): Values {
  if (override.path === "embedding" || override.path === "llm") {
    const written = values[override.path] ?? {};
    // Not a mapping: `check` reports it.
    return isValues(written) ? { ...values, [override.path]: chooseModel(written, String(override.value)) } : values;
  }
  return setAt(values, override.path.split("."), override.value);
}

/** Settings of `embedding` and `llm` that belong to one provider, or to one of its models. */
const providerSettings = ["model", "baseUrl", "apiKey", "batchSize"];
const modelSettings = ["dimensions", "queryPrefix", "documentPrefix", "quantization", "pooling"];

/** Another provider or model on the command line leaves behind what the file says of its own. */
function chooseModel(written: Values, text: string): Values {
  const name = parseModelName(text);
  if (name === null) return { ...written, provider: text };
  const otherProvider = written["provider"] !== name.provider;
  const otherModel = otherProvider || (name.model !== null && written["model"] !== name.model);
  const stale = new Set([...(otherProvider ? providerSettings : []), ...(otherModel ? modelSettings : [])]);
  const kept = Object.entries(written).filter(([key]) => !stale.has(key));
  return {
    ...Object.fromEntries(kept),
    provider: name.provider,
    ...(name.model === null ? {} : { model: name.model }),
  };
}
