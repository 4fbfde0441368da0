import { UserError } from "../errors.ts";
import { type ProviderRow, resolveProvider } from "./provider-facts.ts";
import { isKeyOfTheFile, isOwnHost } from "./foreign-host.ts";
import type { Provider } from "./providers.ts";
import { allowVariable, howToAllow, isAllowed, isLoopback } from "../secrets/allowed-hosts.ts";
import { type ProviderSection, type SettingNames, rerankingProviders, settingNames } from "./provider-names.ts";
import { looksSecret } from "../secrets/secret-variables.ts";

/** What decides where a key may go. */
export interface EndpointEnvironment {
  variables: Readonly<Record<string, string | undefined>>;
  configFile: string | null;
  /** The configuration is the user's own: it stands in the home folder, was named with `--config`, or there is none. */
  configIsTrusted: boolean;
}

export interface EndpointRequest {
  /** `embedding` or `llm` of the configuration, or what `search.rerank` says. Every text in it may end up in a request. */
  section: {
    provider: string;
    model?: string | undefined;
    baseUrl?: string | undefined;
    apiKey?: string | undefined;
  };
  /** `providers` of the configuration. */
  rows: Readonly<Record<string, ProviderRow>>;
  environment: EndpointEnvironment;
  purpose: Purpose;
}

type Purpose = "embedding" | "chat" | "rerank";

const sections = { embedding: "embedding", chat: "llm", rerank: "rerank" } as const satisfies Record<
  Purpose,
  ProviderSection
>;

/** Where a model is reached, and with which key. */
export interface ModelEndpoint {
  /** Name in the configuration, e.g. `openai`. */
  provider: string;
  /** As people call it, e.g. `OpenAI`. */
  label: string;
  model: string;
  /** Without a trailing slash. */
  baseUrl: string;
  apiKey: string | null;
  /** Where the key is from; `withheld`: the environment has one, which does not go to an address that a project names. */
  keySource: "configuration" | "environment" | "withheld" | "none";
  /** Environment variable that the provider's key is read from. */
  keyVariable: string | null;
  /** Section of the configuration that decides. */
  setting: ProviderSection;
  facts: Provider;
}

/**
 * Decides where a model is reached and which key goes there. A key from the environment goes to its own provider's
 * hosts, or to an address that the user's own configuration names. A project's configuration sends nothing elsewhere but
 * to this machine, no document and no question either, until the user lists the host in `RAG_ALLOW_HOST`. Throws `UserError` (exit code 2) where something is missing or
 * refused.
 */
export function resolveEndpoint(request: EndpointRequest): ModelEndpoint {
  const { section, environment, purpose } = request;
  const setting = sections[purpose];
  const names = settingNames(setting, section.provider);
  const facts = resolveProvider(section.provider, request.rows, setting);
  const model = modelOf(facts, section, purpose);
  const baseUrl = addressOf(section.baseUrl ?? facts.baseUrl, model, names);
  const url = new URL(baseUrl);
  const partial = { provider: section.provider, label: facts.label, model, baseUrl, setting, facts } as const;

  const allowed = isAllowed(url, environment.variables);
  const own = isOwnHost(url, facts.keyVariable);
  const trusted = environment.configIsTrusted || allowed || own;
  if (!trusted) refuseMisdirection(request, facts, url);

  const key = chooseKey(request, facts, url, { own, trusted });
  if (key.apiKey !== null && url.protocol === "http:" && !isLoopback(url.hostname) && !allowed) {
    throw new UserError("insecure-endpoint", `the key for ${facts.label} would travel unencrypted to ${url.host}`, {
      hint: `use an https:// address in ${names.baseUrl}, or allow it for a network you trust: export ${allowVariable}=${url.host}`,
    });
  }
  return { ...partial, ...key };
}

/** The model of the configuration, else the provider's default; empty where the server is asked for none. */
function modelOf(facts: Provider, section: EndpointRequest["section"], purpose: Purpose): string {
  const offered = facts[purpose];
  if (offered === null) throw notOffered(facts, section.provider, purpose);
  const model = section.model ?? offered.defaultModel;
  if (model) return model;
  if (purpose === "rerank" && facts.rerank?.needsModel === false) return "";
  const { model: setting } = settingNames(sections[purpose], section.provider);
  const isPart = purpose === "rerank" ? "names none" : "is not set";
  throw new UserError("model-not-set", `${facts.label} has no default model, and ${setting} ${isPart}`, {
    hint: `name one: ${purpose === "rerank" ? "" : `set ${setting}, or `}write the provider as ${section.provider}/<model>`,
  });
}

function notOffered(facts: Provider, name: string, purpose: Purpose): UserError {
  if (purpose === "embedding") return noEmbeddings(facts, name);
  if (purpose === "chat") {
    return new UserError("no-chat-models", `${facts.label} offers no chat models`, {
      hint: `set llm.provider to another one, e.g. openai, deepseek or ollama; ${name} can stay in embedding.provider`,
    });
  }
  return new UserError("no-rerankers", `${facts.label} offers no rerankers`, {
    hint: `name another one: ${rerankingProviders.join(", ")}, local/<model>, or llm for the model that answers`,
  });
}

function noEmbeddings(facts: Provider, name: string): UserError {
  return new UserError("no-embeddings", `${facts.label} offers no embedding models`, {
    hint: `pair it with another provider: keep llm.provider "${name}" and set embedding.provider to openai, fireworks, ollama (no key) or local (no server); or leave embedding out, and BM25 alone serves`,
  });
}

function addressOf(template: string, model: string, names: SettingNames): string {
  let address = template;
  if (template.includes("{model}")) {
    // The model becomes part of the host: anything but a plain label could name another host.
    if (!/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/i.test(model)) {
      throw new UserError("invalid-model", `"${model}" cannot be part of the address ${template}`, {
        hint: `${names.model} must be letters, digits and hyphens here, e.g. mistral-7b`,
      });
    }
    address = template.replaceAll("{model}", model);
  }
  const url = URL.canParse(address) ? new URL(address) : null;
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new UserError("invalid-base-url", `${names.baseUrl} is no http:// or https:// address`, {
      hint: `write it as https://host/v1`,
    });
  }
  if (url.username || url.password) {
    throw new UserError("invalid-base-url", `${names.baseUrl} must not hold a user name or password`, {
      hint: `put the key into ${names.apiKey}, best as \${VARIABLE}`,
    });
  }
  url.hash = "";
  url.pathname = url.pathname.replace(/(?<!\/)\/+$/, "");
  return url.search === "" ? address.replace(/#.*$/s, "").replace(/(?<!\/)\/+$/, "") : url.href;
}

/** Refuses a project's configuration that sends documents and questions, or a secret, to a host of its own. */
function refuseMisdirection(request: EndpointRequest, facts: Provider, url: URL): void {
  const { section, environment } = request;
  const file = environment.configFile ?? "the project's configuration";
  const hint = howToAllow(url);
  const leaked = secretIn({ ...section, apiKey: undefined }, environment.variables, looksSecret);
  if (leaked !== null) {
    throw new UserError("foreign-host", `${file} sends the value of ${leaked} to ${url.host}`, { hint });
  }
  if (!isLoopback(url.hostname)) {
    throw new UserError("foreign-host", `${file} sends requests for ${facts.label} to ${url.host}`, { hint });
  }
}

function chooseKey(
  request: EndpointRequest,
  facts: Provider,
  url: URL,
  where: { own: boolean; trusted: boolean },
): Pick<ModelEndpoint, "apiKey" | "keySource" | "keyVariable"> {
  const { section, environment } = request;
  const file = environment.configFile ?? "the project's configuration";
  const keyVariable = facts.keyVariable;
  const names = settingNames(sections[request.purpose], section.provider);
  const fromConfiguration = section.apiKey?.trim();
  if (fromConfiguration) {
    checkKey(fromConfiguration, names.apiKey);
    // A key written as ${VARIABLE} is the user's, not the project's: it stays bound to where it belongs. Even a
    // provider's own host may only see that provider's key.
    const variable = secretIn({ apiKey: fromConfiguration }, environment.variables, () => true);
    if (where.own && !environment.configIsTrusted && isKeyOfTheFile(fromConfiguration, environment.variables)) {
      throw new UserError("foreign-host", `${file} sends requests for ${facts.label} to an account of its own`, {
        hint: `leave ${names.apiKey} out and export your own key, or agree to the file: rag trust`,
      });
    }
    const belongs = environment.configIsTrusted || variable === null || variable === keyVariable;
    if (variable !== null && !(where.trusted && (belongs || !where.own))) {
      throw new UserError("foreign-host", `${file} sends the value of ${variable} to ${url.host}`, {
        hint:
          where.own && keyVariable !== null
            ? `it is the key of another provider; that of ${facts.label} is read from ${keyVariable}`
            : howToAllow(url),
      });
    }
    return { apiKey: fromConfiguration, keySource: "configuration", keyVariable };
  }
  const fromEnvironment = keyVariable === null ? undefined : environment.variables[keyVariable]?.trim();
  if (fromEnvironment && keyVariable !== null) checkKey(fromEnvironment, keyVariable);
  if (fromEnvironment && where.trusted) return { apiKey: fromEnvironment, keySource: "environment", keyVariable };
  if (fromEnvironment && !isLoopback(url.hostname)) {
    throw new UserError("foreign-host", `${file} sends the value of ${keyVariable} to ${url.host}`, {
      hint: howToAllow(url),
    });
  }
  if (keyVariable !== null && !fromEnvironment && where.own) {
    throw new UserError("missing-key", `${facts.label} needs an API key, and ${keyVariable} is not set`, {
      hint: `export ${keyVariable}=<your key>${request.purpose === "rerank" ? "" : `, or set ${names.apiKey} in a configuration file of your own`}`,
    });
  }
  return { apiKey: null, keySource: fromEnvironment ? "withheld" : "none", keyVariable };
}

/** What a header cannot carry, a key does not have: it came along when the key was copied. */
function checkKey(key: string, where: string): void {
  const position = key.search(/[^\x20-\x7e]/);
  if (position === -1) return;
  throw new UserError("invalid-key", `${where} holds a character that no key has, at position ${position + 1}`, {
    hint: "copy the key anew: it is made of letters, digits and signs of ASCII, in one line",
  });
}

/** Shorter values occur in other texts by chance. */
const shortestPart = 8;

/** The first environment variable whose value is, or occurs in, a text of the section; `null` where there is none. */
function secretIn(
  section: object,
  variables: Readonly<Record<string, string | undefined>>,
  matters: (name: string) => boolean,
): string | null {
  const texts = Object.values(section).filter((value) => typeof value === "string");
  for (const [name, value] of Object.entries(variables)) {
    const secret = value?.trim() ?? "";
    if (secret === "" || !matters(name)) continue;
    if (secret.length >= shortestPart && texts.some((text) => text.includes(secret))) return name;
    if (looksSecret(name) && texts.some((text) => text.trim() === secret)) return name;
  }
  return null;
}
