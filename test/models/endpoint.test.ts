import { describe, expect, it } from "vitest";

import { ExitCode, UserError } from "../../src/errors.ts";
import { providers } from "../../src/models/providers.ts";
import { resolveEndpoint } from "../../src/models/endpoint.ts";
import { resolveProvider } from "../../src/models/provider-facts.ts";
import type { EndpointRequest, ModelEndpoint } from "../../src/models/endpoint.ts";

const key = "sk-from-the-environment-0123456789";

interface Case extends Partial<EndpointRequest["section"]> {
  rows?: EndpointRequest["rows"];
  variables?: Record<string, string>;
  /** Whose configuration it is; the project's where not set. */
  trusted?: boolean;
  purpose?: "embedding" | "chat";
}

function resolve({ rows = {}, variables = {}, trusted = false, purpose = "embedding", ...section }: Case) {
  return resolveEndpoint({
    section: { provider: "openai", ...section },
    rows,
    environment: { variables, configFile: "/project/.ragrc", configIsTrusted: trusted },
    purpose,
  });
}

function refusal(request: Case): UserError {
  try {
    const endpoint: ModelEndpoint = resolve(request);
    throw new Error(`not refused: ${endpoint.baseUrl} with ${endpoint.keySource}`);
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
}

describe("resolveEndpoint", () => {
  it("takes everything from the provider's row", () => {
    expect(resolve({ variables: { OPENAI_API_KEY: key } })).toMatchObject({
      provider: "openai",
      label: "OpenAI",
      model: "text-embedding-3-small",
      baseUrl: "https://api.openai.com/v1",
      apiKey: key,
      keySource: "environment",
      keyVariable: "OPENAI_API_KEY",
      setting: "embedding",
    });
  });

  it("names the variable that a missing key is read from", () => {
    const error = refusal({ provider: "fireworks" });
    expect(error.exitCode).toBe(ExitCode.usage);
    expect(error.message).toContain("FIREWORKS_API_KEY is not set");
    expect(error.hint).toContain("export FIREWORKS_API_KEY=");
  });

  it("needs no key where the provider needs none", () => {
    expect(resolve({ provider: "ollama" })).toMatchObject({
      baseUrl: "http://localhost:11434/v1",
      apiKey: null,
      keySource: "none",
    });
  });

  it("puts the model into the host where each model has its own", () => {
    const request: Case = { provider: "lepton", variables: { LEPTONAI_TOKEN: key }, purpose: "chat" };
    expect(resolve(request)).toMatchObject({ baseUrl: "https://mistral-7b.lepton.run/api/v1", apiKey: key });
    expect(refusal({ ...request, model: "evil.example/x?" }).code).toBe("invalid-model");
  });

  it("says what to pair a provider without embeddings with", () => {
    for (const model of [undefined, "some-model"]) {
      const error = refusal({ provider: "deepseek", model });
      expect(error.message).toBe("DeepSeek offers no embedding models");
      expect(error.hint).toContain("embedding.provider to openai, fireworks, ollama");
    }
  });

  it("names the closest provider that is known, or all of them", () => {
    const rows = { gateway: { baseUrl: "https://gateway.example/v1" } };
    const error = refusal({ provider: "opnai", rows });
    expect(error.message).toContain('"opnai"');
    expect(error.hint).toBe("did you mean openai?");
    expect(refusal({ provider: "frobnicate", rows }).hint).toMatch(/gateway, openai, fireworks/);
  });

  it("asks for a model where there is no default", () => {
    expect(refusal({ provider: "vllm" }).hint).toContain("vllm/<model>");
  });

  it.each(["ftp://host/v1", "https://user:secret-password@host/v1"])("refuses the address %s", (baseUrl) => {
    const error = refusal({ provider: "ollama", baseUrl });
    expect(error.code).toBe("invalid-base-url");
    expect(error.message).not.toContain("secret-password");
  });
});

describe("a key from the environment", () => {
  const variables = { OPENAI_API_KEY: key, AWS_SECRET_ACCESS_KEY: "aws-secret-value-123456" };
  const foreign = "https://collector.example/v1";

  it("follows a base address that the user's own configuration names", () => {
    expect(resolve({ baseUrl: foreign, variables, trusted: true })).toMatchObject({ baseUrl: foreign, apiKey: key });
  });

  const rows = (row: Partial<EndpointRequest["rows"][string]>, name = "gateway") => ({
    [name]: { baseUrl: foreign, embeddingModel: "m", ...row },
  });

  it.each<[string, Case]>([
    ["a base address", { baseUrl: foreign }],
    ["a base address that looks alike", { baseUrl: "https://api.openai.com.collector.example/v1" }],
    ["a base address with the user's name of the host", { baseUrl: "https://collector.example/api.openai.com" }],
    ["the key spelled out", { baseUrl: foreign, provider: "ollama", apiKey: key }],
    ["the key within other text", { baseUrl: foreign, provider: "ollama", apiKey: `x-${key}-y` }],
    ["the key in the address", { baseUrl: `${foreign}/${key}`, provider: "ollama" }],
    ["the key as the model", { baseUrl: foreign, provider: "ollama", model: key }],
    ["a row that takes over a known name", { provider: "openai", rows: rows({}, "openai") }],
    ["a row that names a known variable", { provider: "gateway", rows: rows({ keyVariable: "OPENAI_API_KEY" }) }],
    ["a row that names any variable", { provider: "gateway", rows: rows({ keyVariable: "AWS_SECRET_ACCESS_KEY" }) }],
    [
      "a known host with another secret",
      { rows: rows({ baseUrl: "https://api.openai.com/v1", keyVariable: "AWS_SECRET_ACCESS_KEY" }, "openai") },
    ],
    ["a known host with another secret spelled out", { apiKey: "aws-secret-value-123456" }],
  ])("does not follow a project's configuration through %s", (_, request) => {
    const error = refusal({ ...request, variables });
    expect(error.exitCode).toBe(ExitCode.usage);
    expect(error.code).toBe("foreign-host");
    expect(error.message).toContain("/project/.ragrc");
    expect(error.message + error.hint).not.toContain(key);
    expect(error.message + error.hint).not.toContain("aws-secret-value");
  });

  it("follows it once the user allows the host, with the variable that the refusal prints", () => {
    const command = /export (\w+)=(\S+)/.exec(refusal({ baseUrl: foreign, variables }).hint ?? "");
    const allowed = { ...variables, [command?.[1] ?? ""]: command?.[2] ?? "" };
    expect(resolve({ baseUrl: foreign, variables: allowed })).toMatchObject({ apiKey: key });
    expect(refusal({ baseUrl: "https://other.example/v1", variables: allowed }).code).toBe("foreign-host");
  });

  it.each(["gw.example:443", "https://gw.example/v1", " GW.example "])("takes %s for the host", (entry) => {
    const allowed = { ...variables, RAG_ALLOW_HOST: entry };
    expect(resolve({ baseUrl: "https://gw.example/v1", variables: allowed })).toMatchObject({ apiKey: key });
  });

  it("is refused at another provider with the name of the variable that belongs there", () => {
    const error = refusal({ provider: "fireworks", apiKey: key, variables });
    expect(error.hint).toBe("it is the key of another provider; that of Fireworks AI is read from FIREWORKS_API_KEY");
  });

  it.each([`${key}\nmore`, "sk-pasted–with-a-dash"])("with a character that no key has is refused: %j", (value) => {
    const error = refusal({ variables: { OPENAI_API_KEY: value } });
    expect(error).toMatchObject({ code: "invalid-key", exitCode: ExitCode.usage });
    expect(error.message).toMatch(/^OPENAI_API_KEY holds a character that no key has, at position \d+$/);
  });

  it.each(["MYSQL_PWD", "SSH_PASSPHRASE", "APP_CREDS"])("is not the only secret: %s", (name) => {
    const request: Case = { provider: "ollama", baseUrl: foreign, model: "hunter2hunter2" };
    expect(refusal({ ...request, variables: { [name]: "hunter2hunter2" } }).code).toBe("foreign-host");
    const here: Case = { ...request, baseUrl: "http://localhost:8000/v1" };
    expect(refusal({ ...here, variables: { [name]: "hunter2hunter2" } }).code).toBe("foreign-host");
    expect(resolve({ ...here, variables: { PWD: "hunter2hunter2" } })).toMatchObject({ model: "hunter2hunter2" });
  });

  it("stays at home when a project points at this machine", () => {
    expect(resolve({ baseUrl: "http://localhost:8000/v1", variables })).toMatchObject({
      apiKey: null,
      keySource: "withheld",
    });
  });

  it("goes to its own provider under another name", () => {
    const row = { baseUrl: "https://api.openai.com/v1", keyVariable: "OPENAI_API_KEY", embeddingModel: "m" };
    expect(resolve({ provider: "work", rows: { work: row }, variables })).toMatchObject({ apiKey: key });
  });

  it("may be written as a variable for its own provider", () => {
    expect(resolve({ apiKey: key, variables })).toMatchObject({ apiKey: key, keySource: "configuration" });
  });
});

describe("a key in the configuration", () => {
  const gateway = { gateway: { baseUrl: "https://gateway.example/v1", embeddingModel: "m" } };

  it("goes where the project that owns it says, once the user allows the host", () => {
    const request: Case = { provider: "gateway", rows: gateway, apiKey: "project-key-123" };
    expect(refusal(request)).toMatchObject({ code: "foreign-host", hint: expect.stringContaining("RAG_ALLOW_HOST") });
    expect(resolve({ ...request, variables: { RAG_ALLOW_HOST: "gateway.example" } })).toMatchObject({
      apiKey: "project-key-123",
      keySource: "configuration",
    });
  });

  it("of a project opens no account at a provider that its author could read", () => {
    const request: Case = { apiKey: "sk-of-a-stranger-123" };
    expect(refusal(request)).toMatchObject({ code: "foreign-host", hint: expect.stringContaining("rag trust") });
    expect(resolve({ ...request, trusted: true })).toMatchObject({ apiKey: "sk-of-a-stranger-123" });
  });

  it("does not travel unencrypted, except within this machine", () => {
    const request: Case = { provider: "vllm", model: "m", apiKey: "vllm-key-12345", trusted: true };
    const error = refusal({ ...request, baseUrl: "http://gpu.example:8000/v1" });
    expect(error.code).toBe("insecure-endpoint");
    expect(error.hint).toContain("RAG_ALLOW_HOST=gpu.example:8000");
    expect(resolve({ ...request, baseUrl: "http://127.0.0.1:8000/v1" }).apiKey).toBe("vllm-key-12345");
    const variables = { RAG_ALLOW_HOST: "other.example, gpu.example:8000" };
    expect(resolve({ ...request, baseUrl: "http://gpu.example:8000/v1", variables }).apiKey).toBe("vllm-key-12345");
  });
});

describe("resolveProvider", () => {
  it("treats a row of the configuration as a built-in one", () => {
    const facts = resolveProvider(
      "gateway",
      {
        gateway: {
          baseUrl: "https://g.example/v1",
          embeddingModel: "e",
          dimensions: 12,
          maxBatch: 3,
          queryPrefix: "q: ",
        },
      },
      "embedding",
    );
    expect(facts.embedding).toMatchObject({ defaultModel: "e", maxBatch: 3 });
    expect(facts.embedding?.models["e"]).toMatchObject({ dimensions: 12, queryPrefix: "q: ", documentPrefix: "" });
  });

  it("keeps what is known of a built-in provider under a row of the same name", () => {
    const facts = resolveProvider("openai", { openai: { baseUrl: "https://proxy.example/v1" } }, "embedding");
    expect(facts.baseUrl).toBe("https://proxy.example/v1");
    expect(facts.embedding?.models["text-embedding-3-small"]?.dimensions).toBe(1536);
  });
});

describe("the table of providers", () => {
  it.each(Object.entries(providers))("%s is consistent", (_, provider) => {
    const url = new URL(provider.baseUrl.replace("{model}", "model"));
    const local = url.hostname === "localhost";
    const hosts = provider.hosts.map((host) => host.replace("*", "model"));
    expect(provider.keyVariable === null).toBe(local);
    expect(url.protocol).toBe(local ? "http:" : "https:");
    expect(local || hosts.includes(url.hostname)).toBe(true);
    expect(provider.embedding ?? provider.chat ?? provider.rerank).not.toBeNull();

    const models = provider.embedding?.models ?? {};
    const defaultModel = provider.embedding?.defaultModel ?? null;
    expect(defaultModel === null || defaultModel in models).toBe(true);

    const chatModels = provider.chat?.models ?? {};
    const defaultChatModel = provider.chat?.defaultModel ?? null;
    expect(defaultChatModel === null || defaultChatModel in chatModels).toBe(true);

    const chatPrices = Object.values(chatModels).flatMap((model) => [model.inputPrice, model.outputPrice]);
    const prices = [...Object.values(models).map((model) => model.price), ...chatPrices];
    expect(prices).not.toContain(undefined);
    const dated = /^\d{4}-\d{2}$/.test(provider.pricesNoted ?? "");
    expect(dated).toBe(prices.some((price) => price));

    const successors = provider.chat?.successors ?? {};
    expect(Object.values(successors).filter((model) => model in successors)).toEqual([]);
  });
});
