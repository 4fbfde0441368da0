import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { providers } from "../../src/models/providers.ts";
import { done, says, stops, streams } from "../fakes/chat-answers.ts";
import { type FakeServer, startFakeServer } from "../fakes/openai-server.ts";
import { type StandIn, startStandIn } from "../fixtures/milvus-server.ts";
import { type Run, type Sandbox, createSandbox } from "./run-rag.ts";

const key = "the-users-own-key-0123456789";
const token = "root:the-users-own-token";

let sandbox: Sandbox;
let models: FakeServer;
let milvus: StandIn;
/** What reached the stand-in for Milvus as credentials. */
let credentials: (string | undefined)[];

beforeEach(async () => {
  sandbox = await createSandbox();
  models = await startFakeServer({
    handlers: { "/v1/chat/completions": streams(says("Keys are rotated every month [1]."), stops(), done) },
  });
  credentials = [];
  milvus = await startStandIn({
    ShowCollections: (_, metadata) => {
      credentials.push(metadata.get("authorization"));
      return { status: {}, collection_names: [] };
    },
  });
  await sandbox.write({ "docs/a.md": "# Keys\n\nKeys are rotated every month." });
});

afterEach(async () => {
  milvus.close();
  await models.close();
  await sandbox.remove();
});

/** The same server under a name that is not this machine's own. */
const abroad = (address: string): string => address.replace("127.0.0.1", "0.0.0.0");
const hostOf = (address: string): string => new URL(address).host;

/** Runs with a configuration that lies in the working folder, so that nobody answers for it. */
async function runIn(config: unknown, argv: readonly string[], variables: Record<string, string> = {}): Promise<Run> {
  await sandbox.write({ ".ragrc": JSON.stringify(config) });
  return sandbox.rag(argv, { variables: { OPENAI_API_KEY: key, ...variables } });
}

/** The one error of a run, with the check that no secret is in it. */
function refusalOf(run: Run): { code: string; message: string; hint: string } {
  expect({ exitCode: run.exitCode, stdout: run.stdout, stderr: run.stderr }).toMatchObject({ exitCode: 2, stdout: "" });
  expect(run.stderr).not.toContain("the-users-own");
  return JSON.parse(run.stderr).error;
}

/** What a refusal says to export. */
function allowanceIn(hint: string): Record<string, string> {
  const [, name, value] = /export (\w+)=([^\s,]+)/.exec(hint) ?? [];
  expect(name).toBe("RAG_ALLOW_HOST");
  return { [name ?? ""]: value ?? "" };
}

const keysReceived = (): (string | undefined)[] =>
  models.requests.map(({ headers }) => headers.authorization).filter((header) => header !== undefined);

describe.skipIf(process.platform === "win32")("a configuration that came with a project", () => {
  const gateway = () => ({ baseUrl: abroad(models.baseUrl), embeddingModel: "m", chatModel: "m" });

  test.each<[string, (row: ReturnType<typeof gateway>) => unknown]>([
    ["another address", ({ baseUrl }) => ({ embedding: { provider: "openai", model: "m", baseUrl } })],
    [
      "a row that names a provider's variable",
      (row) => ({
        providers: { gateway: { ...row, keyVariable: "OPENAI_API_KEY" } },
        embedding: { provider: "gateway" },
      }),
    ],
    [
      "a row that takes over a provider's name",
      (row) => ({
        providers: { openai: row },
        embedding: { provider: "openai" },
      }),
    ],
    [
      "its own apiKey",
      ({ baseUrl }) => ({
        embedding: { provider: "vllm", model: "m", baseUrl, apiKey: "${OPENAI_API_KEY}" },
      }),
    ],
  ])("sends no model's key abroad by %s, until the user allows the host", async (_, config) => {
    const argv = ["ingest", "docs", "--json"];
    const { code, message, hint } = refusalOf(await runIn(config(gateway()), argv));
    expect(code).toBe("foreign-host");
    expect(message).toContain(hostOf(abroad(models.baseUrl)));
    expect(models.requests).toEqual([]);

    const allowed = await runIn(config(gateway()), argv, allowanceIn(hint));
    expect(allowed.exitCode).toBe(0);
    expect(new Set(keysReceived())).toEqual(new Set([`Bearer ${key}`]));
  });

  test("serves a model on this machine without the key", async () => {
    const config = { embedding: { provider: "openai", model: "m", baseUrl: models.baseUrl } };
    expect((await runIn(config, ["ingest", "docs"])).exitCode).toBe(0);
    expect(models.requests.length).toBeGreaterThan(0);
    expect(keysReceived()).toEqual([]);
  });

  test("may name the variable of its own gateway, which is asked about as any other", async () => {
    const config = {
      providers: { gateway: { ...gateway(), keyVariable: "GATEWAY" } },
      llm: { provider: "gateway" },
    };
    await runIn({}, ["ingest", "docs"]);
    const variables = { GATEWAY: "the-users-own-gateway-key" };
    const { code, hint } = refusalOf(await runIn(config, ["ask", "keys", "--json"], variables));
    expect(code).toBe("foreign-host");
    const run = await runIn(config, ["ask", "keys"], { ...variables, ...allowanceIn(hint) });
    expect(run.stdout).toContain("Keys are rotated every month [1].");
    expect(keysReceived()).toEqual(["Bearer the-users-own-gateway-key"]);
  });

  test("does not choose the host of a provider that has one for each customer", async () => {
    const variables = { LEPTONAI_TOKEN: "the-users-own-lepton-token" };
    const llm = { provider: "lepton", baseUrl: "https://customer-endpoint.tin.lepton.run/api/v1" };
    expect(providers["lepton"]?.hosts).toEqual(["*.lepton.run"]);
    expect(refusalOf(await runIn({ llm }, ["ask", "keys", "--json"], variables)).code).toBe("foreign-host");
  });

  test.each([
    ["milvus.uri", { milvus: { uri: "http://${OPENAI_API_KEY}.example:19530" } }],
    ["milvus.token", { milvus: { uri: "http://127.0.0.1:19530", token: "${OPENAI_API_KEY}" } }],
    ["milvus.database", { milvus: { uri: "http://127.0.0.1:19530", database: "db_${DB_PASSWORD}" } }],
    ["milvus.index.params.x", { milvus: { index: { params: { x: "${MY_SECRET}" } } } }],
    ["collection", { collection: "c_${GITHUB_TOKEN}" }],
    ["embedding.baseUrl", { embedding: { provider: "vllm", baseUrl: "http://127.0.0.1:9/${OPENAI_API_KEY}" } }],
    ["llm.baseUrl", { llm: { provider: "openai", baseUrl: "https://api.openai.com/v1?k=${AWS_ACCESS_KEY_ID}" } }],
    ["embedding.model", { embedding: { provider: "local", model: "${OPENAI_API_KEY}/model" } }],
    ["embedding.queryPrefix", { embedding: { provider: "vllm", model: "m", queryPrefix: "${OPENAI_API_KEY:-}" } }],
    ["embedding.documentPrefix", { embedding: { provider: "vllm", model: "m", documentPrefix: "${DATABASE_URL}" } }],
    ["llm.systemPrompt", { llm: { provider: "vllm", model: "m", systemPrompt: "Say ${MILVUS_TOKEN}" } }],
    ["providers.g.baseUrl", { providers: { g: { baseUrl: "https://g.example/${OPENAI_API_KEY}" } } }],
    ["providers.g.chatModel", { providers: { g: { baseUrl: "https://g.example", chatModel: "${GATEWAY_ACCESS}" } } }],
    ["store.path", { store: { path: "${OPENAI_API_KEY}" } }],
    ["$schema", { $schema: "https://x.example/${OPENAI_API_KEY}" }],
  ])("holds no secret of the environment in %s", async (path, config) => {
    const variables = {
      DB_PASSWORD: "the-users-own-password",
      MY_SECRET: "the-users-own-secret",
      GITHUB_TOKEN: "the_users_own_github_token",
      AWS_ACCESS_KEY_ID: "the-users-own-aws-key",
      DATABASE_URL: "postgres://me:the-users-own-database@db.example/x",
      MILVUS_TOKEN: token,
      GATEWAY_ACCESS: "the-users-own-gateway-key",
      RAG_ALLOW_HOST: "127.0.0.1,api.openai.com",
    };
    const withRow = {
      ...config,
      providers: {
        own: { baseUrl: "https://o.example", keyVariable: "GATEWAY_ACCESS" },
        ...("providers" in config ? config.providers : {}),
      },
    };
    const { code, message, hint } = refusalOf(await runIn(withRow, ["search", "keys", "--json"], variables));
    expect(code).toBe("stray-secret");
    expect(message).toContain(` in ${path}`);

    // The way out that the hint names: whoever names the file answers for it.
    const [, file = ""] = /--config (\S+)/.exec(hint) ?? [];
    const named = await sandbox.rag(["search", "keys", "--json", "--config", file], {
      variables: { OPENAI_API_KEY: key, ...variables, RAG_ALLOW_HOST: "" },
    });
    expect(named.stderr).not.toContain("stray-secret");
    expect(named.stderr).not.toMatch(/the.users.own/);
  });

  test("uses other variables where the user trusts the file", async () => {
    const config = { collection: "docs_${STAGE}" };
    const argv = ["ingest", "docs", "--json"];
    const { code, message, hint } = refusalOf(await runIn(config, argv, { STAGE: "test" }));
    expect({ code, message }).toEqual({
      code: "untrusted-configuration",
      message: expect.stringContaining("the environment variable STAGE into collection"),
    });
    expect(hint).toContain("rag trust");
    const asked = await sandbox.rag(["trust", "--json"], { variables: { STAGE: "test" } });
    expect(JSON.parse(asked.stdout)).toMatchObject({ trusted: false, asks: [{ setting: "collection" }] });
    expect(asked.exitCode).toBe(1);
    expect((await sandbox.rag(["trust"], { variables: { STAGE: "test" } })).exitCode).toBe(2);
    const trusted = await sandbox.rag(["trust", "--yes"], { variables: { STAGE: "test" } });
    expect({ exitCode: trusted.exitCode, stdout: trusted.stdout }).toEqual({
      exitCode: 0,
      stdout: expect.stringMatching(/collection: puts the environment variable STAGE[^]* is trusted until it changes/),
    });
    const run = await runIn(config, argv, { STAGE: "test" });
    expect(JSON.parse(run.stdout).collection).toBe("docs_test");

    expect(refusalOf(await runIn({ ...config, search: { topK: 3 } }, argv, { STAGE: "test" })).code).toBe(code);
    expect((await runIn(config, argv, { STAGE: "test" })).exitCode).toBe(0);
    expect((await sandbox.rag(["trust", "--revoke"])).exitCode).toBe(0);
    expect(refusalOf(await runIn(config, argv, { STAGE: "test" })).code).toBe(code);
  });

  test("sends no document and no question to a host of its own, without any key either", async () => {
    const config = { providers: { evil: gateway() }, embedding: { provider: "evil" }, llm: { provider: "evil" } };
    const { code, hint } = refusalOf(await runIn(config, ["ingest", "docs", "--json"]));
    expect(code).toBe("foreign-host");
    await runIn({}, ["ingest", "docs"]);
    expect(refusalOf(await runIn(config, ["ask", "keys", "--json"])).code).toBe("foreign-host");
    expect(models.requests).toEqual([]);
    expect((await runIn(config, ["ingest", "docs", "-c", "other"], allowanceIn(hint))).exitCode).toBe(0);
    expect(models.requests.length).toBeGreaterThan(0);
  });

  test("repeats no variable's value in what it says of a mistake", async () => {
    const config = { search: { topK: "${ANYTHING}" }, llm: { temperature: "${OPENAI_API_KEY}" } };
    const { message } = refusalOf(
      await runIn(config, ["search", "keys", "--json"], { ANYTHING: "the-users-own-anything" }),
    );
    expect(message).toContain("search.topK: expected");
  });
});

describe.skipIf(process.platform === "win32")("MILVUS_TOKEN with an address from a project", () => {
  const list = ["collections", "list", "--json"];
  const sent = [Buffer.from(token).toString("base64")];

  test.each([
    ["the variable itself", {}],
    ["the file's milvus.token", { token: "${MILVUS_TOKEN:-}" }],
    ["another variable in the file's milvus.token", { token: "root:${TEAM_PASSWORD}" }],
  ])("is not sent abroad by %s until the user agrees to the host", async (name, settings) => {
    const config = { milvus: { uri: abroad(milvus.address), ...settings } };
    const variables: Record<string, string> = name.startsWith("another")
      ? { TEAM_PASSWORD: "the-users-own-token" }
      : { MILVUS_TOKEN: token };
    const { code, message, hint } = refusalOf(await runIn(config, list, variables));
    expect(code).toBe("foreign-host");
    expect(message).toContain(name.startsWith("another") ? "TEAM_PASSWORD" : "MILVUS_TOKEN");
    expect(message).toContain(hostOf(abroad(milvus.address)));
    expect(credentials).toEqual([]);

    expect(await runIn(config, list, { ...variables, ...allowanceIn(hint) })).toMatchObject({ exitCode: 0 });
    expect(credentials.splice(0)).toEqual(sent);
    const [, uri = ""] = /--uri ([^\s,]+)/.exec(hint) ?? [];
    expect((await runIn(config, [...list, "--uri", uri], variables)).exitCode).toBe(0);
    expect(credentials.splice(0)).toEqual(sent);
    expect((await runIn(config, list, { ...variables, MILVUS_URI: uri })).exitCode).toBe(0);
    expect(credentials.splice(0)).toEqual(sent);
  });

  test("goes to this machine, and to a host allowed by its name alone", async () => {
    const variables = { MILVUS_TOKEN: token };
    expect((await runIn({ milvus: { uri: milvus.address } }, list, variables)).exitCode).toBe(0);
    expect(credentials.splice(0)).toEqual(sent);
    const config = { milvus: { uri: abroad(milvus.address) } };
    expect((await runIn(config, list, { ...variables, RAG_ALLOW_HOST: "0.0.0.0" })).exitCode).toBe(0);
    expect(credentials.splice(0)).toEqual(sent);
  });

  test("the token that a project's own file spells out goes to the project's own address, if the user agrees", async () => {
    const config = { milvus: { uri: abroad(milvus.address), token: "project:its-own" } };
    const { code, hint } = refusalOf(await runIn(config, list));
    expect(code).toBe("foreign-host");
    expect((await runIn(config, list, allowanceIn(hint))).exitCode).toBe(0);
    expect(credentials).toEqual([Buffer.from("project:its-own").toString("base64")]);
  });

  test.each([
    ["--config", ["--config", "shared.json"]],
    ["the home folder", []],
  ])("follows a file of the user's own: %s", async (place, flags) => {
    const text = JSON.stringify({ milvus: { uri: abroad(milvus.address) } });
    await sandbox.write({ [place === "--config" ? "shared.json" : "../home/.ragrc"]: text });
    await sandbox.write({ "../home/work/note.md": "" });
    const cwd = place === "--config" ? "." : "../home/work";
    const run = await sandbox.rag([...list, ...flags], { variables: { MILVUS_TOKEN: token }, cwd });
    expect({ exitCode: run.exitCode, stderr: run.stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(credentials).toEqual(sent);
  });
});
