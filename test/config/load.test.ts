import { chown, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Override, loadConfig } from "../../src/config/load.ts";
import { UserError } from "../../src/errors.ts";
import { needing } from "../fixtures/needs.ts";

let folder: string;

beforeEach(async () => {
  folder = await realpath(await mkdtemp(path.join(tmpdir(), "rag-config-")));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

async function write(name: string, content: unknown): Promise<string> {
  const file = path.join(folder, name);
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, typeof content === "string" ? content : JSON.stringify(content));
  return file;
}

function load(
  options: {
    workingDirectory?: string;
    homeDirectory?: string;
    configFile?: string;
    variables?: Record<string, string>;
    overrides?: [path: string, value: unknown, origin: string][];
  } = {},
) {
  const overrides: Override[] = (options.overrides ?? []).map(([path, value, origin]) => ({ path, value, origin }));
  return loadConfig({
    variables: options.variables ?? {},
    workingDirectory: path.join(folder, options.workingDirectory ?? ""),
    homeDirectory: options.homeDirectory ?? path.join(folder, "home"),
    configFile: options.configFile ?? null,
    overrides,
  });
}

async function failure(loading: Promise<unknown>): Promise<UserError> {
  const error = await loading.then(
    () => null,
    (error: unknown) => error,
  );
  expect(error).toBeInstanceOf(UserError);
  return error as UserError;
}

describe("where a configuration is found", () => {
  it("needs no file", async () => {
    const { config, environment } = await load();
    expect(config.collection).toBe("docs");
    expect(environment).toMatchObject({ configFile: null, projectRoot: folder, configIsTrusted: true });
  });

  it("takes the nearest folder of stores upwards for the root, where there is no file", async () => {
    await mkdir(path.join(folder, "a/.rag"), { recursive: true });
    await mkdir(path.join(folder, "a/b/c"), { recursive: true });
    expect((await load({ workingDirectory: "a/b/c" })).environment.projectRoot).toBe(path.join(folder, "a"));
    await mkdir(path.join(folder, "a/b/.rag"));
    expect((await load({ workingDirectory: "a/b/c" })).environment.projectRoot).toBe(path.join(folder, "a/b"));
    await write("a/.ragrc", {});
    expect((await load({ workingDirectory: "a/b/c" })).environment.projectRoot).toBe(path.join(folder, "a"));
  });

  it("looks for a folder of stores no further than the repository's root, or home", async () => {
    await mkdir(path.join(folder, ".rag"));
    await mkdir(path.join(folder, "repository/.git"), { recursive: true });
    await mkdir(path.join(folder, "repository/docs"), { recursive: true });
    await mkdir(path.join(folder, "home/docs"), { recursive: true });
    for (const workingDirectory of ["repository/docs", "home/docs"]) {
      const { environment } = await load({ workingDirectory });
      expect(environment.projectRoot).toBe(path.join(folder, workingDirectory));
    }
    await mkdir(path.join(folder, "home/.rag"));
    expect((await load({ workingDirectory: "home/docs" })).environment.projectRoot).toBe(path.join(folder, "home"));
  });

  it("reads a path given with --uri from the working folder, wherever the root was found", async () => {
    await mkdir(path.join(folder, "a/.rag"), { recursive: true });
    await mkdir(path.join(folder, "a/b"), { recursive: true });
    const { config, environment } = await load({
      workingDirectory: "a/b",
      overrides: [["milvus.uri", "../.rag", "--uri"]],
    });
    expect(environment.projectRoot).toBe(path.join(folder, "a"));
    expect(path.resolve(environment.projectRoot, config.milvus.uri?.replace(/^file:/, "") ?? "")).toBe(
      path.join(folder, "a/.rag"),
    );
  });

  it("refuses a folder of stores upwards that is a link out of its folder", async () => {
    await mkdir(path.join(folder, "elsewhere"));
    await mkdir(path.join(folder, "a/b"), { recursive: true });
    await symlink(path.join(folder, "elsewhere"), path.join(folder, "a/.rag"));
    const error = await failure(load({ workingDirectory: "a/b" }));
    expect(error).toMatchObject({ code: "outside-project" });
  });

  it("passes over another user's folder of stores above the working folder", needing("superuser"), async () => {
    await mkdir(path.join(folder, "a/.rag"), { recursive: true });
    await mkdir(path.join(folder, "a/b"), { recursive: true });
    await chown(path.join(folder, "a/.rag"), 12345, 12345);
    const { environment, notices } = await load({ workingDirectory: "a/b" });
    expect(environment.projectRoot).toBe(path.join(folder, "a/b"));
    expect(notices.join()).toContain(`${path.join(folder, "a/.rag")} belongs to another user`);
    // Whoever stands in the folder itself has chosen it.
    expect((await load({ workingDirectory: "a" })).environment.projectRoot).toBe(path.join(folder, "a"));
  });

  it.each([
    [".ragrc", '{"collection":"found"}'],
    [".ragrc", "collection: found # YAML\n"],
    [".ragrc", '\uFEFF{\n\t"collection": "found"\n}'],
    [".ragrc.json", '{"collection":"found"}'],
    [".ragrc.yaml", "collection: found"],
    [".ragrc.yml", "collection: found"],
    ["rag.config.json", '{"collection":"found"}'],
    ["package.json", '{"name":"other","rag":{"collection":"found"}}'],
  ])("reads %s: %j", async (name, content) => {
    const file = await write(name, content);
    const { config, environment } = await load();
    expect(config.collection).toBe("found");
    expect(environment.configFile).toBe(file);
  });

  it("takes the nearest file on the way up, and passes by a package.json that says nothing", async () => {
    await write(".ragrc", { collection: "far" });
    await write("a/.ragrc", { collection: "near" });
    await write("a/b/package.json", { name: "other" });
    const { config, environment } = await load({ workingDirectory: "a/b" });
    expect(config.collection).toBe("near");
    expect(environment).toMatchObject({ projectRoot: path.join(folder, "a"), configIsTrusted: false });
  });

  it("goes no further than the repository's root", async () => {
    await write(".ragrc", { collection: "outside" });
    await mkdir(path.join(folder, "repository/.git"), { recursive: true });
    await mkdir(path.join(folder, "repository/docs"), { recursive: true });
    const { config } = await load({ workingDirectory: "repository/docs" });
    expect(config.collection).toBe("docs");
  });

  it.each(["home/", "link"])("knows home by whatever name: %s", async (name) => {
    await mkdir(path.join(folder, "home/project"), { recursive: true });
    await symlink(path.join(folder, "home"), path.join(folder, "link"));
    await write("home/.ragrc", { collection: "mine" });
    const { environment } = await load({ workingDirectory: "home/project", homeDirectory: `${folder}/${name}` });
    expect(environment).toMatchObject({ configIsTrusted: true });
  });

  it("goes no further than home, and trusts what lies there", async () => {
    await write(".ragrc", { collection: "outside" });
    await mkdir(path.join(folder, "home/project"), { recursive: true });
    expect((await load({ workingDirectory: "home/project" })).config.collection).toBe("docs");
    await write("home/.ragrc", { collection: "mine" });
    const { config, environment } = await load({ workingDirectory: "home/project" });
    expect(config.collection).toBe("mine");
    expect(environment).toMatchObject({ projectRoot: path.join(folder, "home"), configIsTrusted: true });
  });

  it("takes the file that is named, and trusts it", async () => {
    await write(".ragrc", { collection: "near" });
    await write("other/rag.json", { collection: "named" });
    const { config, environment } = await load({ configFile: "other/rag.json" });
    expect(config.collection).toBe("named");
    expect(environment).toMatchObject({ projectRoot: path.join(folder, "other"), configIsTrusted: true });
  });

  it.each([".ragrc", ".ragrc.json", ".ragrc.yaml", ".ragrc.yml", "rag.config.json"])(
    "takes an empty %s for one without settings, and reports one that is a link to nothing",
    async (name) => {
      await write("a/package.json", { name: "other" });
      const file = await write(name, " \n");
      const { config, environment } = await load({ workingDirectory: "a" });
      expect(config.collection).toBe("docs");
      expect(environment.configFile).toBe(file);
      await rm(file);
      await symlink("nothing", file);
      const dangling = await failure(load({ workingDirectory: "a" }));
      expect(dangling).toMatchObject({ code: "config-not-readable", exitCode: 2 });
      expect(dangling.message).toBe(`${file} is a link to a file that is not there`);
    },
  );

  it.each([
    [".ragrc.json", "null"],
    [".ragrc.yaml", "~"],
  ])("reports a %s of %s", async (name, content) => {
    await write(name, content);
    expect((await failure(load())).message).toContain("expected a mapping of settings");
  });

  it("takes a file whose settings are commented out for one without settings", async () => {
    await write(".ragrc", { collection: "far" });
    const file = await write("a/.ragrc.yaml", "# collection: near\n");
    const { config, environment } = await load({ workingDirectory: "a" });
    expect(config.collection).toBe("docs");
    expect(environment.configFile).toBe(file);
  });

  it("passes by a package.json that is empty or not there, and reports one that is broken", async () => {
    await write(".ragrc", { collection: "far" });
    const file = await write("a/package.json", "");
    expect((await load({ workingDirectory: "a" })).config.collection).toBe("far");
    await rm(file);
    await symlink("nothing", file);
    expect((await load({ workingDirectory: "a" })).config.collection).toBe("far");
    await rm(file);
    await write("a/package.json", "{bad");
    expect(await failure(load({ workingDirectory: "a" }))).toMatchObject({ code: "invalid-config" });
  });

  it("says which files are named like a configuration and are not read, up to the one that is", async () => {
    await write("rag.config.js", "");
    await write(".ragrc", { collection: "far" });
    const near = [await write("a/rag.config.yaml", "collection: near"), await write("a/b/.ragrc.js", "throw 1")];
    const { config, notices } = await load({ workingDirectory: "a/b" });
    expect(config.collection).toBe("far");
    expect(notices).toEqual(near.toReversed().map((file) => expect.stringContaining(`${file} is not read`)));
    expect(notices[0]).toMatch(/\.ragrc, \.ragrc\.json, .* rag\.config\.json, or under "rag" in package\.json$/);
    expect((await load()).notices).toEqual([]);
  });

  it("lets a file be named that is empty, and asks for another where package.json says nothing", async () => {
    await write(".ragrc", { collection: "near" });
    await write("empty.json", "");
    expect((await load({ configFile: "empty.json" })).config.collection).toBe("docs");
    await write("package.json", { name: "other" });
    const error = await failure(load({ configFile: "package.json" }));
    expect(error).toMatchObject({ code: "config-not-found", exitCode: 2 });
  });

  it("says which named file is missing", async () => {
    const error = await failure(load({ configFile: "missing.json" }));
    expect(error).toMatchObject({ code: "config-not-found", exitCode: 2 });
    expect(error.message).toContain(path.join(folder, "missing.json"));
  });
});

describe("a configuration runs nothing", () => {
  it.each(["js", "mjs", "cjs", "ts"])("refuses a named .%s file", async (extension) => {
    const file = await write(`rag.config.${extension}`, `require("fs").writeFileSync("${folder}/ran", "")`);
    const error = await failure(load({ configFile: file }));
    expect(error.code).toBe("invalid-config");
    expect(existsSync(path.join(folder, "ran"))).toBe(false);
  });

  it("leaves code beside it alone", async () => {
    const code = `import { writeFileSync } from "node:fs"; writeFileSync(${JSON.stringify(`${folder}/ran`)}, ""); export default {};`;
    for (const name of [".config/config.js", ".config/config.mjs", ".ragrc.js", "rag.config.mjs", ".ragrc.ts"]) {
      await write(name, code);
    }
    const before = process.cwd();
    process.chdir(folder);
    try {
      await load();
    } finally {
      process.chdir(before);
    }
    expect(existsSync(path.join(folder, "ran"))).toBe(false);
  });
});

describe("what is stronger", () => {
  it("puts flags over variables over the file over defaults", async () => {
    await write(".ragrc", { collection: "file", milvus: { uri: "http://file:19530" }, search: { topK: 7 } });
    const variables = { RAG_COLLECTION: "variable", MILVUS_URI: "http://variable:19530", MILVUS_TOKEN: "t" };
    const { config } = await load({ variables, overrides: [["collection", "flag", "--collection"]] });
    expect(config).toMatchObject({
      collection: "flag",
      milvus: { uri: "http://variable:19530", token: "t", timeoutMs: 30_000 },
      search: { topK: 7 },
    });
  });

  it("takes a variable that is set to nothing for not set", async () => {
    await write(".ragrc", { collection: "file" });
    expect((await load({ variables: { RAG_COLLECTION: "" } })).config.collection).toBe("file");
  });

  it("splits a model at the first slash", async () => {
    const { config } = await load({
      overrides: [["embedding", "fireworks/nomic-ai/nomic-embed-text-v1.5", "--embedding"]],
    });
    expect(config.embedding).toMatchObject({ provider: "fireworks", model: "nomic-ai/nomic-embed-text-v1.5" });
  });

  it("leaves behind what the file says of another provider, and keeps what it says of the same", async () => {
    const embedding = { provider: "openai", model: "m", baseUrl: "https://host/v1", apiKey: "k", concurrency: 3 };
    await write(".ragrc", { embedding: { ...embedding, dimensions: 256 } });
    const other = await load({ overrides: [["embedding", "ollama", "--embedding"]] });
    expect(other.config.embedding).toEqual({
      provider: "ollama",
      cache: true,
      cacheMb: 2000,
      concurrency: 3,
      timeoutMs: 60_000,
      maxWaitMs: 300_000,
    });
    const same = await load({ overrides: [["embedding", "openai/n", "--embedding"]] });
    expect(same.config.embedding).toEqual({
      ...embedding,
      model: "n",
      timeoutMs: 60_000,
      maxWaitMs: 300_000,
      cache: true,
      cacheMb: 2000,
    });
  });

  it("reads a path on the command line from the working folder, one in the file from the file", async () => {
    await write(".ragrc", { milvus: { uri: "data/milvus.db" } });
    await mkdir(path.join(folder, "sub"));
    expect((await load({ workingDirectory: "sub" })).config.milvus.uri).toBe("data/milvus.db");
    const flag = await load({ workingDirectory: "sub", overrides: [["milvus.uri", "./my.db", "--uri"]] });
    expect(flag.config.milvus.uri).toBe(path.join("sub", "my.db"));
    const store = await load({ workingDirectory: "sub", overrides: [["milvus.uri", "./.rag", "--uri"]] });
    expect(store.config.milvus.uri).toBe(path.join("sub", ".rag"));
  });

  it.each(["C:\\data\\milvus.db", "/data/milvus.db", "http://host:19530", "https://host/my.db", "host:19530"])(
    "leaves the address %s as it is",
    async (uri) => {
      await mkdir(path.join(folder, "sub"));
      await write(".ragrc", { milvus: { uri } });
      expect((await load({ workingDirectory: "sub", configFile: "../.ragrc" })).config.milvus.uri).toBe(uri);
    },
  );

  it("shrinks the usual overlap with the size", async () => {
    const { config } = await load({ overrides: [["chunking.maxChars", 100, "--max-chars"]] });
    expect(config.chunking).toMatchObject({ maxChars: 100, overlapChars: 12 });
  });
});

describe("variables in values", () => {
  it("expands them, with defaults, and leaves what is escaped", async () => {
    await write(".ragrc", {
      collection: "${NAME}_${SUFFIX:-dev}",
      milvus: { token: "${EMPTY:-}", uri: "${EMPTY:-http://localhost:19530}" },
      llm: { systemPrompt: "$${NAME} $HOME ${not a name}" },
    });
    const { config } = await load({ configFile: ".ragrc", variables: { NAME: "docs", EMPTY: "" } });
    expect(config.collection).toBe("docs_dev");
    expect(config.milvus).toMatchObject({ token: "", uri: "http://localhost:19530" });
    expect(config.llm.systemPrompt).toBe("${NAME} $HOME ${not a name}");
  });

  it("takes a value that is a variable alone for the number, or the true or false, that the setting wants", async () => {
    await write(".ragrc", {
      collection: "${YES:-true}",
      search: { topK: "${K:-3}", minScore: "${MIN}" },
      ask: { strict: "${YES:-true}" },
      chunking: { maxChars: "${SIZE:-10}${ZEROS}" },
      llm: { systemPrompt: "${K:-3}" },
    });
    const variables = { MIN: "-0.5", ZEROS: "00" };
    const { config } = await load({ configFile: ".ragrc", variables });
    expect(config).toMatchObject({
      collection: "true",
      search: { topK: 3, minScore: -0.5 },
      ask: { strict: true },
      chunking: { maxChars: 1000, overlapChars: 125 },
      llm: { systemPrompt: "3" },
    });
    await write(".ragrc", { ask: { strict: "${STRICT}" } });
    expect((await load({ configFile: ".ragrc", variables: { STRICT: "false" } })).config.ask.strict).toBe(false);
  });

  it("takes no other text for a number, and says what a variable's default is wrong about", async () => {
    await write(".ragrc", {
      search: { topK: "3", minScore: "1${K:-3}" },
      ask: { maxContextChars: "${K:-0.5}", strict: "${K:-yes}" },
      ingest: { maxFileMb: "${SECRET}" },
    });
    const error = await failure(load({ variables: { SECRET: "12-monkeys" } }));
    expect(error.message.split("\n").slice(1)).toEqual([
      "  ingest.maxFileMb: expected a positive integer, got a string",
      '  search.topK: expected a positive integer of at most 1000, got "3"',
      '  search.minScore: expected a number, got "13"',
      "  ask.maxContextChars: expected a positive integer, got 0.5",
      '  ask.strict: expected true or false, got "yes"',
    ]);
  });

  it("names the setting and the variable that is not set", async () => {
    await write(".ragrc", { milvus: { token: "${MISSING_TOKEN}" } });
    const error = await failure(load());
    expect(error.code).toBe("invalid-config");
    expect(error.message).toContain("milvus.token: the environment variable MISSING_TOKEN is not set");
  });
});

describe("what is wrong", () => {
  it("says of a setting of an earlier version that there is no need for it any more", async () => {
    const file = await write(".ragrc", { text: { stem: false }, milvus: { analyzer: "icu" } });
    const error = await failure(load());
    const gone =
      "no longer a setting: words are found in the same way on every store, in the language of each document; take it out";
    expect(error.message.split("\n").sort()).toEqual([
      `  milvus.analyzer: ${gone}`,
      `  text: ${gone}`,
      `${file} has 2 mistakes`,
    ]);
  });

  it("is reported all at once, each with its path and what was there", async () => {
    const file = await write(".ragrc", {
      colection: "x",
      embedding: { dimensions: "abc", provider: 7, baseUrl: "not an address", concurrency: 100 },
      search: { mode: "fuzzy", topK: 0 },
      chunking: [],
      llm: { temperature: 3 },
      ask: { strict: "yes" },
      collection: "${MISSING}",
    });
    const error = await failure(load());
    expect(error).toMatchObject({ code: "invalid-config", exitCode: 2 });
    expect(error.message.split("\n").map((line) => line.trim())).toEqual([
      `${file} has 11 mistakes`,
      "collection: the environment variable MISSING is not set; ${MISSING:-} allows that",
      "embedding.provider: expected a non-empty string, got 7",
      'embedding.dimensions: expected a positive integer, got "abc"',
      'embedding.baseUrl: expected an address such as https://host/v1, got "not an address"',
      "embedding.concurrency: expected a positive integer of at most 64, got 100",
      "llm.temperature: expected a number from 0 to 2, got 3",
      "chunking: expected a mapping of settings, got a list",
      'search.mode: expected one of "hybrid", "dense", "text", got "fuzzy"',
      "search.topK: expected a positive integer of at most 1000, got 0",
      'ask.strict: expected true or false, got "yes"',
      "colection: unknown setting; did you mean collection?",
    ]);
  });

  it("counts names, and settings that do not go together", async () => {
    const file = await write(".ragrc", {
      collection: "a b",
      embedding: { provider: "opneai" },
      llm: { provider: "local" },
      search: { topK: "x" },
      chunking: { maxChars: 100, overlapChars: 200 },
      milvus: { uri: "" },
      store: { path: "" },
    });
    const error = await failure(load());
    expect(error).toMatchObject({ code: "invalid-config", exitCode: 2 });
    const lines = error.message.split("\n");
    expect(lines[0]).toBe(`${file} has 7 mistakes`);
    expect(lines.slice(1).sort()).toEqual([
      "  chunking.overlapChars: expected less than chunking.maxChars (100), got 200",
      expect.stringMatching(/^ {2}collection: expected the name of a collection, got "a b"; use letters, digits/),
      '  embedding.provider: expected a known model provider, got "opneai"; did you mean openai?',
      expect.stringMatching(/^ {2}llm\.provider: .* got "local"; known are openai, .*vllm.*extractive/),
      '  milvus.uri: expected a non-empty string, got ""',
      '  search.topK: expected a positive integer of at most 1000, got "x"',
      '  store.path: expected a non-empty string, got ""',
    ]);
  });

  it("is not a provider of this tool's own, or of the file's", async () => {
    const providers = { gateway: { baseUrl: "https://gateway.example/v1" } };
    await write(".ragrc", { embedding: { provider: "local" }, llm: { provider: "gateway" }, providers });
    expect((await load()).config).toMatchObject({ embedding: { provider: "local" }, llm: { provider: "gateway" } });
  });

  it.each<[string, Parameters<typeof load>[0], string, RegExp]>([
    ["RAG_COLLECTION", { variables: { RAG_COLLECTION: "a b" } }, "invalid-collection-name", /got "a b"$/],
    ["--collection", { overrides: [["collection", "1", "--collection"]] }, "invalid-collection-name", /got "1"$/],
    ["--embedding", { overrides: [["embedding", "nope/m", "--embedding"]] }, "unknown-provider", /got "nope"$/],
    ["--llm", { overrides: [["llm", "nope", "--llm"]] }, "unknown-provider", /got "nope"$/],
  ])("that %s alone gave is told of it, not of the file", async (origin, options, code, message) => {
    await write(".ragrc", { collection: "docs", llm: { provider: "extractive" } });
    const error = await failure(load(options));
    expect(error).toMatchObject({ code, exitCode: 2, hint: expect.stringMatching(/./) });
    expect(error.message).toMatch(message);
    expect(error.message.split(": ")[0]).toBe(origin);
  });

  it("shows no secret", async () => {
    await write(".ragrc", {
      milvus: { token: ["tok-secret-1"], uri: 3 },
      embedding: { apiKey: { a: "key-secret-2" }, baseUrl: "user:pass-secret-3@host" },
    });
    const error = await failure(load());
    expect(error.message).toContain("milvus.token: expected a string");
    expect(error.message).not.toMatch(/secret/);
  });

  it.each([
    [".ragrc.json", '{"milvus":{"token":"tok-secret" "x"}}'],
    [".ragrc.json", '{"milvus":{"token":"tok-secret", x}}'],
    [".ragrc.yaml", "milvus:\n  token: tok-secret\n   uri: [x"],
  ])("names the file that cannot be parsed and quotes nothing: %s %j", async (name, content) => {
    const file = await write(name, content);
    const error = await failure(load());
    expect(error.code).toBe("invalid-config");
    expect(error.message).toContain(file);
    expect(error.message).not.toContain("secret");
  });

  it("names the flag where a flag was wrong", async () => {
    const error = await failure(load({ overrides: [["search.topK", 5000, "--top-k"]] }));
    expect(error.message).toContain("--top-k: expected a positive integer of at most 1000, got 5000");
  });

  it("refuses a file that is a list", async () => {
    await write(".ragrc", "- a\n- b\n");
    expect((await failure(load())).message).toContain("expected a mapping of settings");
  });

  it.each([-1, 0, "many"])("reports a size of %j, and no overlap that nobody set", async (maxChars) => {
    await write(".ragrc", { chunking: { maxChars } });
    const { message } = await failure(load());
    expect(message.split("\n").slice(1)).toEqual([expect.stringMatching(/^ {2}chunking\.maxChars: expected/)]);
  });

  it("refuses overlaps as long as what they overlap", async () => {
    await write(".ragrc", { chunking: { maxChars: 100, overlapChars: 100, sentences: 2, sentenceOverlap: 3 } });
    const { message } = await failure(load());
    expect(message).toContain("chunking.overlapChars: expected less than chunking.maxChars (100), got 100");
    expect(message).toContain("chunking.sentenceOverlap: expected less than chunking.sentences (2), got 3");
  });
});
