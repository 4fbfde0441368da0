import { cpSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ConfigInput } from "../../src/config/schema.ts";
import { providers } from "../../src/models/providers.ts";
import { type Run, type Sandbox, createSandbox } from "../cli/run-rag.ts";
import { counts, done, says, stops, streams } from "../fakes/chat-answers.ts";
import { type FakeServer, startFakeServer } from "../fakes/openai-server.ts";
import { sharedData } from "../fixtures/shared-data.ts";
import { codeBlocks, commandLines, documentation, shellWords } from "./examples.ts";

const recipes = documentation().filter(({ name }) => name.startsWith("docs/recipes/"));

/** What a recipe asks a reader to type, and the configuration that it has them write. */
interface Recipe {
  commands: string[][];
  config: ConfigInput;
}

function read(text: string): Recipe {
  const blocks = codeBlocks(text);
  const commands = blocks.flatMap(commandLines).flatMap(shellWords);
  const config = blocks.find((block) => block.language === "json")?.text ?? "";
  return { commands, config: JSON.parse(config) };
}

const sampleFaq = {
  "milvus_docs/en/faq/product_faq.md":
    "# Product FAQ\n\n#### Where does Milvus store data?\n\nMilvus keeps inserted data as logs in an object store.\n",
  "milvus_docs/en/faq/operational_faq.md":
    "# Operational FAQ\n\n#### Which ports are needed?\n\nMilvus listens on port 19530.\n",
};

let sandbox: Sandbox;
let servers: Map<string, FakeServer>;

beforeEach(async () => {
  sandbox = await createSandbox();
  servers = new Map();
});

afterEach(async () => {
  for (const server of servers.values()) await server.close();
  await sandbox.remove();
});

/** A server in the place of a provider's: its own key, and its models with their dimensions. */
async function standInFor(name: string, config: ConfigInput): Promise<FakeServer> {
  const facts = providers[name];
  const model = config.embedding?.model ?? facts?.embedding?.defaultModel ?? "";
  const dimensions = facts?.embedding?.models[model]?.dimensions ?? null;
  const server = await startFakeServer({
    handlers: {
      "/v1/chat/completions": streams(
        says("Milvus keeps its data as logs "),
        says("[1]."),
        stops(),
        counts(9, 9),
        done,
      ),
    },
    ...(facts?.keyVariable === null ? {} : { key: keyOf(name) }),
    ...(dimensions === null ? {} : { embeddings: { models: [model], dimensions } }),
  });
  servers.set(name, server);
  return server;
}

const keyOf = (name: string): string => `the-key-for-${name}-0123456789`;

/** The recipe's own configuration, with nothing but the addresses of its providers put elsewhere. */
async function configured({ config }: Recipe): Promise<ConfigInput> {
  const named = new Set([config.embedding?.provider, config.llm?.provider].filter((name) => name !== undefined));
  const rows: NonNullable<ConfigInput["providers"]> = {};
  for (const name of named) rows[name] = { baseUrl: (await standInFor(name, config)).baseUrl };
  return { ...config, providers: rows };
}

/** `export NAME=…`: the variable, with the key of the provider that reads it. */
function exported(commands: readonly string[][]): Record<string, string> {
  const names = commands.flatMap(([program, assignment = ""]) =>
    program === "export" ? [assignment.replace(/=.*/s, "")] : [],
  );
  const owners = new Map(Object.entries(providers).map(([name, { keyVariable }]) => [keyVariable, name]));
  return Object.fromEntries(names.map((name) => [name, keyOf(owners.get(name) ?? `nobody-${name}`)]));
}

/** The prompt that the model got. */
function promptOf(server: FakeServer | undefined): string {
  const request = server?.requests.find((sent) => sent.path === "/v1/chat/completions");
  return JSON.stringify(request?.body?.["messages"] ?? null);
}

describe.each(recipes.map(({ name, text }) => [name, text] as const))("%s", (_, text) => {
  const recipe = read(text);
  const { commands, config } = recipe;
  const chat = config.llm?.provider ?? "";
  const embedding = config.embedding?.provider ?? "";

  test("is made of commands that this test runs or knows", () => {
    const programs = [...new Set(commands.map(([program]) => program))];
    expect(programs.filter((program) => program !== "export" && program !== "ollama")).toEqual([
      "curl",
      "unzip",
      "rag",
    ]);
    // Ollama serves what was pulled, and nothing else.
    const pulled = commands.flatMap(([program, , model]) => (program === "ollama" ? [model] : []));
    const needed = [config.embedding, config.llm].flatMap((section) =>
      section?.provider === "ollama" ? [section.model] : [],
    );
    expect(pulled).toEqual(needed);
    const archive = commands.find(([program]) => program === "curl")?.at(-1);
    const [, , unpacked, , folder] = commands.find(([program]) => program === "unzip") ?? [];
    expect(path.posix.basename(archive ?? "")).toBe(unpacked);
    expect(folder).toBe("milvus_docs");
  });

  test("goes from the documents to an answer with sources, each key to its own provider", async () => {
    if (sharedData === null) await sandbox.write(sampleFaq);
    else
      cpSync(path.join(sharedData, "milvus-docs/en"), path.join(sandbox.folder, "milvus_docs/en"), { recursive: true });
    await sandbox.write({ ".ragrc": JSON.stringify(await configured(recipe)) });
    // The reader's own folder is home: the address in it is the reader's word.
    const variables = { ...exported(commands), HOME: sandbox.folder, USERPROFILE: sandbox.folder };

    const runs: Run[] = [];
    for (const [program, ...argv] of commands) {
      if (program === "rag") runs.push(await sandbox.rag(argv, { variables }));
    }
    expect(runs.map(({ exitCode, stderr }) => ({ exitCode, stderr }))).toEqual([
      { exitCode: 0, stderr: expect.stringContaining("try: rag search") },
      { exitCode: 0, stderr: "" },
    ]);
    const [ingested, answered] = runs;
    expect(ingested?.stdout).toMatch(/^\d documents: \d added\n\d+ chunks written, \d+ embedded/);
    expect(answered?.stdout).toMatch(
      /^Milvus keeps its data as logs \[1\] \(not supported\)\.\n\nSources:\n\[1\] milvus_docs\/en\/faq\/\w+\.md:\d+/,
    );

    expect(promptOf(servers.get(chat))).toContain("How is data stored in Milvus?");
    const texts = servers.get(embedding)?.requests.flatMap(({ body }) => [body?.["input"]].flat()) ?? [];
    const { queryPrefix = "", documentPrefix = "" } =
      providers[embedding]?.embedding?.models[config.embedding?.model ?? ""] ?? {};
    expect(texts).toContain(`${queryPrefix}How is data stored in Milvus?`);
    expect(texts.filter((input) => String(input).startsWith(documentPrefix)).length).toBeGreaterThan(1);

    for (const [name, server] of servers) {
      const sent = new Set(server.requests.map(({ headers }) => headers.authorization));
      expect([...sent]).toEqual([providers[name]?.keyVariable === null ? undefined : `Bearer ${keyOf(name)}`]);
    }
  });
});

test("docs/providers.md begins with commands that embed once and answer by the collection's own model", async () => {
  const page = documentation().find(({ name }) => name === "docs/providers.md")?.text ?? "";
  const [first] = codeBlocks(page);
  const commands = first === undefined ? [] : commandLines(first).flatMap(shellWords);
  const openai = await standInFor("openai", {});
  await sandbox.write({
    "docs/keys.md": "# Keys\n\nRotate a key every month.\n",
    ".ragrc": JSON.stringify({ providers: { openai: { baseUrl: openai.baseUrl } } }),
  });
  const variables = { ...exported(commands), HOME: sandbox.folder, USERPROFILE: sandbox.folder };
  const runs: Run[] = [];
  for (const [program, ...argv] of commands) if (program === "rag") runs.push(await sandbox.rag(argv, { variables }));
  expect(runs.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
  expect(runs[1]?.stdout).toContain("Sources:\n[1] docs/keys.md");
  const embedded = openai.requests.flatMap(({ body }) => [body?.["input"]].flat());
  expect(embedded).toContain("How do I rotate a key?");

  const other = await sandbox.rag(["search", "keys", "--embedding", "ollama"], { variables });
  expect(other.exitCode).toBe(2);
  expect(other.stderr).toContain("was made with openai/text-embedding-3-small");
});
