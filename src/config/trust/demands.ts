import path from "node:path";
import { readStoreAddress } from "../../addresses/store-address.ts";
import { UserError } from "../../errors.ts";
import { leadsInto } from "../../files/real-path.ts";
import { foreignModelHost } from "../../models/foreign-host.ts";
import { type ProviderSection, settingNames } from "../../models/provider-names.ts";
import { ownRerankers } from "../../rerankers/index.ts";
import { providers } from "../../models/providers.ts";
import { howToAllow, isAllowed, isLoopback } from "../../secrets/allowed-hosts.ts";
import { looksSecret } from "../../secrets/secret-variables.ts";
import type { Expansion } from "../expand.ts";
import { rerankerName } from "../model-name.ts";
import type { Config } from "../schema.ts";
import { settingRules } from "./setting-rules.ts";

/** A resolved configuration whose file the user does not answer for: it came with a project. */
export interface UntrustedConfig {
  /** Absolute; `null` where there is no file, and all that is not the user's word is a default. */
  file: string | null;
  config: Config;
  /** Absolute. */
  projectRoot: string;
  /** Variables that went into the file's settings. */
  expansions: readonly Expansion[];
  /** Settings that a flag or a variable gave instead. */
  overrides: readonly { path: string; origin: string }[];
  variables: Readonly<Record<string, string | undefined>>;
}

/** Something that a project's file asks for, and that needs the user's word. */
export interface Demand {
  /** E.g. `milvus.uri`. */
  setting: string;
  /** What it would do: `sends documents and questions to host:port`. */
  what: string;
  /** Of the error that refuses it. */
  code: "stray-secret" | "foreign-host" | "outside-project" | "untrusted-configuration";
  /** How the user can agree to this alone, beside `rag trust`; `null` where there is no such way. */
  agree: string | null;
  /** `model`: refused when the model is opened, since many commands use none. */
  when: "at-once" | "model";
}

/** All that the file asks for. An embedded store that nobody set is judged too: its folder can be a link. */
export async function demandsOf(untrusted: UntrustedConfig): Promise<Demand[]> {
  return [
    ...straySecrets(untrusted),
    ...expandedElsewhere(untrusted),
    ...foreignMilvus(untrusted),
    ...(await outsidePaths(untrusted)),
    ...consents(untrusted),
    ...foreignModels(untrusted),
  ];
}

/**
 * Refuses what needs the user's word before anything is opened. Throws `UserError` `stray-secret`, `foreign-host`,
 * `outside-project` or `untrusted-configuration` (exit code 2), by the first demand.
 */
export function refuseDemands(file: string | null, demands: readonly Demand[]): void {
  const refused = demands.filter(({ when }) => when === "at-once");
  const [first] = refused;
  if (first === undefined) return;
  const said = refused.filter(({ code }) => code === first.code).map(({ what }) => what);
  throw new UserError(first.code, `${file ?? "the project"} ${said.join("; ")}`, {
    hint: waysToAgree(first, file),
  });
}

function waysToAgree({ agree }: Demand, file: string | null): string {
  const trust =
    file === null ? null : `if the file is your own, agree to all that it asks for: rag trust, or --config ${file}`;
  return [agree, trust].filter((way) => way !== null).join(", or ");
}

function userSays({ overrides }: UntrustedConfig, setting: string): string | null {
  const model = /^(embedding|llm)\.(?:provider|model)$/.exec(setting)?.[1];
  return overrides.findLast(({ path }) => path === setting || path === model)?.origin ?? null;
}

/** A secret stands in its own setting, or in none: any other text may end up in a request, a path or a message. */
function straySecrets({ config, expansions, variables }: UntrustedConfig): Demand[] {
  const keyVariables = new Set(
    [...Object.values(providers), ...Object.values(config.providers)].map(({ keyVariable }) => keyVariable),
  );
  return expansions
    .filter(({ path, variable }) => {
      if (isModelKey(path)) return false;
      // The key of a model is no token of a store, whatever host that is on.
      if (keyVariables.has(variable)) return true;
      if (path === "milvus.token") return false;
      return looksSecret(variable) || /:\/\/[^/\s]*@/.test(variables[variable] ?? "");
    })
    .map(({ path, variable }) => ({
      setting: path,
      what: `uses a secret of the environment where none belongs: ${variable} in ${path}`,
      code: "stray-secret",
      agree: "a project's file may use a key in its provider's apiKey, and a token in milvus.token",
      when: "at-once",
    }));
}

/** Nobody can tell a secret by its name alone, so no other variable goes into a text of a stranger either. */
function expandedElsewhere(untrusted: UntrustedConfig): Demand[] {
  return untrusted.expansions
    .filter(({ path }) => !isModelKey(path) && path !== "milvus.token" && userSays(untrusted, path) === null)
    .map(({ path, variable }) => ({
      setting: path,
      what: `puts the environment variable ${variable} into ${path}`,
      code: "untrusted-configuration",
      agree: null,
      when: "at-once",
    }));
}

function isModelKey(setting: string): boolean {
  return setting === "embedding.apiKey" || setting === "llm.apiKey";
}

/** Passages, questions and the token go to a server that the user names, or has agreed to. */
function foreignMilvus(untrusted: UntrustedConfig): Demand[] {
  const { config, expansions, variables } = untrusted;
  const { uri } = config.milvus;
  if (uri === undefined || uri.trim() === "" || userSays(untrusted, "milvus.uri") !== null) return [];
  const address = readStoreAddress(uri);
  // The embedded store, and databases of Milvus Lite, are files.
  if (address.kind !== "milvus") return [];
  const { hostname, target, location } = address.server;
  if (isLoopback(hostname) || isAllowed({ hostname, host: target }, variables)) return [];
  const host = target.replace(/:(?:443|19530)$/, "");
  const token =
    userSays(untrusted, "milvus.token") ?? expansions.find(({ path }) => path === "milvus.token")?.variable ?? null;
  return [
    {
      setting: "milvus.uri",
      what: token === null ? `sends documents and questions to ${host}` : `sends the value of ${token} to ${host}`,
      code: "foreign-host",
      agree: `name the address yourself with --uri ${location}, or ${howToAllow({ hostname, host })}`,
      when: "at-once",
    },
  ];
}

async function outsidePaths(untrusted: UntrustedConfig): Promise<Demand[]> {
  const { config, projectRoot } = untrusted;
  const demands: Demand[] = [];
  for (const [setting, rule] of Object.entries(settingRules)) {
    if (rule.verdict !== "confined" || userSays(untrusted, setting) !== null) continue;
    const named = rule.path(config);
    if (named === null) continue;
    const isHome = /^~(?:[\\/]|$)/.test(named);
    if (!isHome && (await leadsInto(projectRoot, path.resolve(projectRoot, named)))) continue;
    demands.push({
      setting,
      what: `reaches outside of the project with ${setting}: ${named}`,
      code: "outside-project",
      agree: setting === "store.path" ? `name the folder yourself: --uri file:${named}` : null,
      when: "at-once",
    });
  }
  return demands;
}

function consents(untrusted: UntrustedConfig): Demand[] {
  return Object.entries(settingRules).flatMap(([setting, rule]): Demand[] => {
    if (rule.verdict !== "consent" || userSays(untrusted, setting) !== null) return [];
    const what = rule.asks(untrusted.config);
    if (what === null) return [];
    const named = `${what} (${setting})`;
    return [{ setting, what: named, code: "untrusted-configuration", agree: null, when: "at-once" }];
  });
}

function foreignModels({ config, variables }: UntrustedConfig): Demand[] {
  const named = rerankerName(config.search.rerank);
  const reranker = named === null || ownRerankers.includes(named.provider) ? null : named;
  const sections = {
    embedding: config.embedding,
    llm: config.llm,
    rerank: { provider: reranker?.provider, model: reranker?.model ?? undefined },
  };
  return (Object.keys(sections) as ProviderSection[]).flatMap((section): Demand[] => {
    const host = foreignModelHost(section, sections[section], config.providers, variables);
    if (host === null) return [];
    return [
      {
        setting: settingNames(section, sections[section].provider ?? "").provider,
        what: `sends documents and questions to ${host.host}`,
        code: "foreign-host",
        agree: howToAllow(host),
        when: "model",
      },
    ];
  });
}
