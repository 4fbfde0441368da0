import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { type ConfigSources, loadConfig, reviewConfig } from "../../src/config/load.ts";
import { configSchema } from "../../src/config/schema.ts";
import { settingRules } from "../../src/config/trust/setting-rules.ts";
import { remember } from "../../src/config/trust/memory.ts";

let folder: string;
let project: string;

beforeEach(async () => {
  folder = await realpath(await mkdtemp(path.join(tmpdir(), "rag-trust-")));
  project = path.join(folder, "project");
  await mkdir(path.join(folder, "home"));
  await mkdir(project);
});

afterEach(() => rm(folder, { recursive: true, force: true }));

function sourcesOf(options: Partial<ConfigSources> = {}): ConfigSources {
  return {
    workingDirectory: project,
    homeDirectory: path.join(folder, "home"),
    configFile: null,
    overrides: [],
    ...options,
    variables: { HOME: path.join(folder, "home"), ...options.variables },
  };
}

async function demandsIn(config: unknown, options: Partial<ConfigSources> = {}) {
  await writeFile(path.join(project, ".ragrc"), JSON.stringify(config));
  return (await reviewConfig(sourcesOf(options))).demands;
}

/** The paths of all settings, `*` for the names of a mapping. */
function settingsOf(node: z.core.JSONSchema.BaseSchema, at: readonly string[] = []): string[] {
  const { properties = {}, additionalProperties } = node;
  const inside = Object.entries(properties).flatMap(([name, child]) =>
    settingsOf(child as z.core.JSONSchema.BaseSchema, [...at, name]),
  );
  if (typeof additionalProperties === "object") {
    inside.push(...settingsOf(additionalProperties as z.core.JSONSchema.BaseSchema, [...at, "*"]));
  }
  return inside.length > 0 ? inside : [at.join(".")];
}

it("every setting is judged, and nothing else", () => {
  const settings = settingsOf(z.toJSONSchema(configSchema, { io: "input" }));
  expect(settings.length).toBeGreaterThan(60);
  expect(Object.keys(settingRules).sort()).toEqual(settings.sort());
});

const evil = { baseUrl: "http://evil.example/v1", embeddingModel: "m", chatModel: "m" };

describe("what a project's file asks for", () => {
  it.each<[name: string, config: unknown, expected: [setting: string, code: string][]]>([
    ["nothing", { collection: "x", search: { topK: 3 }, llm: { provider: "ollama" } }, []],
    ["folders in the project", { store: { path: "data/.rag" }, ask: { prompt: "prompt.txt" } }, []],
    ["a server on this machine", { milvus: { uri: "localhost:19530", token: "${MILVUS_TOKEN:-}" } }, []],
    ["a provider's own host", { embedding: { provider: "openai" }, llm: { provider: "deepseek" } }, []],
    ["a variable that is not set, with a default", { collection: "${NOT_SET:-docs}" }, []],
    ["a store beside it", { store: { path: "../victim/.rag" } }, [["store.path", "outside-project"]]],
    ["an absolute store", { milvus: { uri: "file:/tmp/x" } }, [["milvus.uri", "outside-project"]]],
    ["a database beside it", { milvus: { uri: "../x.db" } }, [["milvus.uri", "outside-project"]]],
    ["a database in the home folder", { milvus: { uri: "~/x.db" } }, [["milvus.uri", "outside-project"]]],
    ["a server elsewhere", { milvus: { uri: "evil.example:19530" } }, [["milvus.uri", "foreign-host"]]],
    ["files for TLS", { milvus: { tls: { keyFile: "/etc/key.pem" } } }, [["milvus.tls.keyFile", "outside-project"]]],
    ["a program", { milvus: { python: "./run" } }, [["milvus.python", "untrusted-configuration"]]],
    ["a loader", { loaders: { "*.md": "./run {file}" } }, [["loaders.*", "untrusted-configuration"]]],
    ["a price", { embedding: { price: 0 } }, [["embedding.price", "untrusted-configuration"]]],
    ["addresses of its pages", { urls: { docs: "https://example.com/" } }, []],
    [
      "the name of a project, on a server",
      { project: "handbook", milvus: { uri: "http://localhost:19530" } },
      [["project", "untrusted-configuration"]],
    ],
    ["links", { ingest: { followLinks: true } }, [["ingest.followLinks", "untrusted-configuration"]]],
    ["a variable", { llm: { systemPrompt: "${EDITOR}" } }, [["llm.systemPrompt", "untrusted-configuration"]]],
    [
      "a secret",
      { collection: "a_${MY_SECRET}" },
      [
        ["collection", "stray-secret"],
        ["collection", "untrusted-configuration"],
      ],
    ],
    [
      "a model's address",
      { llm: { provider: "vllm", baseUrl: "http://evil.example/v1" } },
      [["llm.provider", "foreign-host"]],
    ],
    [
      "a row of its own",
      { providers: { evil }, embedding: { provider: "evil" } },
      [["embedding.provider", "foreign-host"]],
    ],
    ["a row that nobody uses", { providers: { evil } }, []],
    [
      "an account of its own",
      { llm: { provider: "openai", apiKey: "sk-of-a-stranger" } },
      [["llm.provider", "foreign-host"]],
    ],
    [
      "a model elsewhere",
      { embedding: { provider: "local", model: "../m" } },
      [["embedding.model", "outside-project"]],
    ],
    ["a model of the hub", { embedding: { provider: "local", model: "Xenova/all-MiniLM-L6-v2" } }, []],
  ])("%s", async (_, config, expected) => {
    const variables = { EDITOR: "vi", MY_SECRET: "0123456789", MILVUS_TOKEN: "0123456789" };
    const demands = await demandsIn(config, { variables });
    expect(demands.map(({ setting, code }) => [setting, code])).toEqual(expected);
  });

  it("follows links on the way to a folder, and to what does not exist yet", async () => {
    await mkdir(path.join(folder, "victim/.rag"), { recursive: true });
    await symlink("../victim", path.join(project, "data"));
    await symlink("nowhere", path.join(project, "gone"));
    for (const store of ["data/.rag", "data/new/.rag", "gone"]) {
      expect(await demandsIn({ store: { path: store } })).toMatchObject([{ code: "outside-project" }]);
    }
  });

  it("finds the store that is a link though no file speaks of it", async () => {
    await mkdir(path.join(folder, "victim/.rag"), { recursive: true });
    await symlink("../victim/.rag", path.join(project, ".rag"));
    await expect(loadConfig(sourcesOf())).rejects.toMatchObject({ code: "outside-project", exitCode: 2 });
    const overrides = [{ path: "milvus.uri", value: "file:../victim/.rag", origin: "--uri" }];
    await expect(loadConfig(sourcesOf({ overrides }))).resolves.toMatchObject({
      config: { milvus: { uri: "../victim/.rag" } },
    });
  });
});

describe("the user's word", () => {
  const config = { milvus: { uri: "evil.example:19530" } };

  it.each<[string, Partial<ConfigSources>]>([
    ["RAG_ALLOW_HOST", { variables: { RAG_ALLOW_HOST: "evil.example:19530" } }],
    ["MILVUS_URI", { variables: { MILVUS_URI: "evil.example:19530" } }],
    ["--uri", { overrides: [{ path: "milvus.uri", value: "evil.example:19530", origin: "--uri" }] }],
    ["--config", { configFile: ".ragrc" }],
  ])("%s", async (_, options) => {
    expect(await demandsIn(config, options)).toEqual([]);
  });

  it("rag trust: for the file as it is, until it changes or is taken back", async () => {
    await demandsIn(config);
    const { hash, environment } = await reviewConfig(sourcesOf());
    const { variables } = sourcesOf();
    await remember(environment.configFile ?? "", hash, variables);
    expect((await reviewConfig(sourcesOf())).environment.configIsTrusted).toBe(true);
    expect(await demandsIn({ ...config, collection: "other" })).toMatchObject([{ code: "foreign-host" }]);
    expect(await demandsIn(config)).toEqual([]);
    await remember(environment.configFile ?? "", null, variables);
    expect(await demandsIn(config)).toMatchObject([{ code: "foreign-host" }]);
  });

  it("is not the project's: a copy of a trusted file elsewhere is not trusted", async () => {
    await demandsIn(config);
    const { hash } = await reviewConfig(sourcesOf());
    await remember(path.join(folder, "other/.ragrc"), hash, sourcesOf().variables);
    expect(await demandsIn(config)).toMatchObject([{ code: "foreign-host" }]);
  });
});
