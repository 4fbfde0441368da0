import dns from "node:dns";
import { mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";

import { configSchema } from "../../src/config/schema.ts";
import type { ConfigInput } from "../../src/config/schema.ts";
import { openEmbedder } from "../../src/embedders/index.ts";
import { createLocalEmbedder } from "../../src/embedders/local.ts";
import type { LocalEmbedderOptions } from "../../src/embedders/local.ts";
import { readFromHub } from "../../src/models/local/hub.ts";
import { locateModel } from "../../src/models/local/model-folder.ts";
import type { ModelDownload } from "../../src/models/local/open-model.ts";
import { ExitCode } from "../../src/errors.ts";
import { needing } from "../fixtures/needs.ts";
import { tinyDimensions, tinyMaxTokens, tokenVector, vocabulary, writeTinyModel } from "../fixtures/tiny-onnx-model.ts";

// The package is an optional peer that comes with LanceDB; `--omit=optional` leaves it out.
const transformers: unknown = await import("@huggingface/transformers" as string).catch(() => null);
const present = transformers !== null;
if (!present && process.env["CI"]) throw new Error("@huggingface/transformers must be installed where CI is set");
if (!present) process.stderr.write("Skipped: @huggingface/transformers is not installed.\n");

let root: string;
const servers: { close(): void }[] = [];

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "rag-local-"));
});
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});
afterAll(() => rm(root, { recursive: true, force: true }));

type Settings = NonNullable<ConfigInput["embedding"]>;

function open(settings: Settings, options: LocalEmbedderOptions = {}, variables: Record<string, string> = {}) {
  const { embedding } = configSchema.parse({ embedding: { provider: "local", ...settings } });
  return createLocalEmbedder(embedding, { variables, projectRoot: root }, options);
}

/** What the tiny model makes of words: their tokens' mean, or the first token, brought to unit length. */
function expected(words: string[], pooling: "mean" | "cls" = "mean"): number[] {
  const ids = ["[CLS]", ...words.slice(0, tinyMaxTokens - 2), "[SEP]"].map((word) => vocabulary.indexOf(word));
  const rows = (pooling === "cls" ? ids.slice(0, 1) : ids).map(tokenVector);
  const sum = Array.from({ length: tinyDimensions }, (_, index) => rows.reduce((total, row) => total + row[index]!, 0));
  const length = Math.hypot(...sum);
  return sum.map((value) => value / length);
}

/** To five digits, for comparison. */
function rounded(vectors: readonly Iterable<number>[]): number[][] {
  return vectors.map((vector) => Array.from(vector, (value) => Number(value.toFixed(5))));
}

function importAbsent(): Promise<never> {
  return import("@huggingface/transformers-that-is-not-there" as string) as Promise<never>;
}

describe.runIf(present)("a model in a folder", () => {
  it("embeds by the mean of its tokens, to unit length, in the order of the texts", async () => {
    await writeTinyModel(join(root, "models/tiny"));
    const embedder = open({ model: "./models/tiny" });
    const texts = ["cat", "the engine a carburetor", "", "kitten the"].filter((text) => text !== "");
    const { vectors, tokens } = await embedder.embed(texts);
    expect(rounded(vectors)).toEqual(rounded(texts.map((text) => expected(text.split(" ")))));
    expect(tokens).toBe(3 + 6 + 4);
    await expect(embedder.identity()).resolves.toEqual({
      provider: "local",
      model: "./models/tiny",
      dimensions: tinyDimensions,
      queryPrefix: "",
      documentPrefix: "",
    });
  });

  it("gives a text the same vector whatever else is in the batch", async () => {
    await writeTinyModel(join(root, "models/batch"));
    const embedder = open({ model: "models/batch" });
    const texts = Array.from({ length: 80 }, (_, index) =>
      "the cat a kitten engine".split(" ").slice(0, 1 + (index % 5)),
    );
    const { vectors } = await embedder.embed(texts.map((words) => words.join(" ")));
    expect(rounded(vectors)).toEqual(rounded(texts.map((words) => expected(words))));
  });

  it("cuts a text at the model's length", async () => {
    await writeTinyModel(join(root, "models/long"));
    const words = Array.from({ length: 40 }, (_, index) => vocabulary[4 + (index % 6)] as string);
    const { vectors, tokens } = await open({ model: "models/long" }).embed([words.join(" ")]);
    expect(rounded(vectors)).toEqual(rounded([expected(words)]));
    expect(tokens).toBe(tinyMaxTokens);
  });

  it("pools and prefixes as its author says, and as the user says", async () => {
    await writeTinyModel(join(root, "models/cls"), {
      pooling: { pooling_mode_cls_token: true, pooling_mode_mean_tokens: false },
      prompts: { query: "the ", document: "a " },
    });
    const embedder = open({ model: "models/cls" });
    expect(rounded((await embedder.embed(["cat engine"])).vectors)).toEqual(
      rounded([expected(["cat", "engine"], "cls")]),
    );
    await expect(embedder.identity()).resolves.toMatchObject({ queryPrefix: "the ", documentPrefix: "a " });

    const own = open({ model: "models/cls", pooling: "mean", queryPrefix: "", documentPrefix: "x " });
    expect(rounded((await own.embed(["cat engine"])).vectors)).toEqual(rounded([expected(["cat", "engine"])]));
    await expect(own.identity()).resolves.toMatchObject({ queryPrefix: "", documentPrefix: "x " });
  });

  it.each([
    ["beside config.json", { weightsFolder: "" }, {}],
    ["in the variant that is there", { weightsFile: "model_quantized.onnx" }, {}],
    ["in the variant that is asked for", { weightsFile: "model_int8.onnx" }, { quantization: "int8" as const }],
  ])("finds its weights %s", async (name, files, settings) => {
    const folder = `models/weights ${name}`;
    await writeTinyModel(join(root, folder), files);
    expect(rounded((await open({ model: folder, ...settings }).embed(["cat"])).vectors)).toEqual(
      rounded([expected(["cat"])]),
    );
  });

  it("is loaded once, however many ask for it", async () => {
    await writeTinyModel(join(root, "models/once"));
    let imports = 0;
    const importPackage = async () => {
      imports++;
      return transformers as never;
    };
    const embedders = [1, 2, 3].map(() => open({ model: "models/once" }, { importPackage }));
    await Promise.all(embedders.map((embedder) => embedder.embed(["cat"])));
    expect(imports).toBe(1);
  });

  it("is opened by the configuration", async () => {
    await writeTinyModel(join(root, "models/configured"));
    const config = configSchema.parse({ embedding: { provider: "local", model: "./models/configured" } });
    const embedder = await openEmbedder(config, {
      variables: {},
      projectRoot: root,
      configFile: null,
      configIsTrusted: true,
    });
    await expect(embedder?.identity()).resolves.toMatchObject({ dimensions: tinyDimensions });
  });

  it("is told to be damaged where it cannot be read", async () => {
    await writeTinyModel(join(root, "models/damaged"));
    await writeFile(join(root, "models/damaged/onnx/model.onnx"), "no protobuf");
    await expect(open({ model: "models/damaged" }).embed(["cat"])).rejects.toMatchObject({
      code: "model-damaged",
      exitCode: ExitCode.backend,
      message: expect.stringContaining("models/damaged cannot be loaded"),
    });
  });
});

describe("a small file of a model on the hub", () => {
  it("is remembered as missing where the hub says 404, and for no other reason", async () => {
    const statuses = [429, 401, 403, 500, 404];
    const tokens: unknown[] = [];
    let asked = 0;
    const server = createServer((request, response) => {
      tokens.push(request.headers.authorization);
      response.writeHead(statuses[asked++] ?? 200).end("content");
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const host = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const read = readFromHub("owner/small", { cache: join(root, "small"), host, token: "hf-of-the-user" });
    for (const status of statuses.slice(0, -1)) {
      await expect(read("config.json")).rejects.toThrow(`HTTP ${status}`);
    }
    expect(await read("config.json")).toBeNull();
    expect(await read("config.json")).toBeNull();
    expect(asked).toBe(statuses.length);
    expect(await read("other.json")).toBe("content");
    expect(await read("other.json")).toBe("content");
    expect(asked).toBe(statuses.length + 1);
    // A mirror is not the hub.
    expect(tokens.filter((token) => token !== undefined)).toEqual([]);
    expect((await readdir(join(root, "small/owner/small"))).sort()).toEqual(["config.json", "other.json"]);
  });
});

describe.runIf(present)("a model from the hub", () => {
  it("is fetched once, with its progress told, and then read from the cache", async () => {
    const model = join(root, "hub/owner/tiny");
    await writeTinyModel(model, { pooling: { pooling_mode_cls_token: true } });
    const paths: string[] = [];
    const server = createServer((request, response) => {
      const path = (request.url ?? "").replace(/\?.*$/, "");
      paths.push(path);
      readFile(join(root, "hub", path.replace("/resolve/main", ""))).then(
        (content) => response.writeHead(200, { "content-length": content.length }).end(content),
        () => response.writeHead(404).end(),
      );
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const variables = {
      HF_ENDPOINT: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
      RAG_MODEL_CACHE: join(root, "cache"),
    };
    const downloads: ModelDownload[] = [];
    const embedder = open({ model: "owner/tiny" }, { onDownload: (download) => downloads.push(download) }, variables);
    expect(paths).toEqual([]);
    expect(rounded((await embedder.embed(["cat"])).vectors)).toEqual(rounded([expected(["cat"], "cls")]));
    expect(downloads).toContainEqual(expect.objectContaining({ model: "owner/tiny", file: "onnx/model.onnx" }));

    server.close();
    server.closeAllConnections();
    // Another variant's name makes another entry in the process, so that files are read again.
    const before = downloads.length;
    const onDownload = (download: ModelDownload) => downloads.push(download);
    const again = open({ model: "owner/tiny", quantization: "fp32" }, { onDownload }, variables);
    expect(rounded((await again.embed(["cat"])).vectors)).toEqual(rounded([expected(["cat"], "cls")]));
    expect(downloads).toHaveLength(before);
  });

  it("gets the user's token over HTTPS alone, whatever address it is named by", async () => {
    const seen: (string | undefined)[] = [];
    const server = createServer((request, response) => {
      seen.push(request.headers.authorization);
      response.writeHead(404).end();
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    // The hub's name leads to this machine, and the package reads the token where it always does.
    const resolve = dns.lookup as (...parts: unknown[]) => void;
    const lookup = vi
      .spyOn(dns, "lookup")
      .mockImplementation(((name: string, ...rest: unknown[]) =>
        resolve(name === "huggingface.co" ? "127.0.0.1" : name, ...rest)) as typeof dns.lookup);
    vi.stubEnv("HF_TOKEN", "hf_canary");
    try {
      const variables = {
        HF_ENDPOINT: `http://huggingface.co:${port}`,
        HF_TOKEN: "hf_canary",
        RAG_MODEL_CACHE: join(root, "cache-insecure"),
      };
      await expect(open({ model: "owner/any" }, {}, variables).embed(["cat"])).rejects.toMatchObject({
        code: "insecure-hub",
        hint: expect.stringContaining("https://huggingface.co"),
      });
      expect(seen.filter((token) => token !== undefined)).toEqual([]);
    } finally {
      vi.unstubAllEnvs();
      lookup.mockRestore();
    }
  });

  it("is told to be unknown, with what to check", async () => {
    const server = createServer((_, response) => response.writeHead(404).end());
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const variables = {
      HF_ENDPOINT: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      RAG_MODEL_CACHE: join(root, "cache-unknown"),
    };
    await expect(open({ model: "owner/unknown" }, {}, variables).embed(["cat"])).rejects.toMatchObject({
      code: "model-not-found",
      exitCode: ExitCode.backend,
      message: expect.stringContaining("local (owner/unknown)"),
      hint: expect.stringContaining("embedding.model"),
    });
  });
});

describe("a model that cannot be used", () => {
  it("says what to install where the package is absent", async () => {
    await writeTinyModel(join(root, "models/absent"));
    await expect(
      open({ model: "models/absent" }, { importPackage: importAbsent }).embed(["cat"]),
    ).rejects.toMatchObject({
      code: "package-missing",
      exitCode: ExitCode.usage,
      hint: expect.stringContaining("npm install --global --ignore-scripts @huggingface/transformers"),
    });
  });

  it("asks for a model where none is named", () => {
    expect(() => open({})).toThrow(/needs a model/);
  });

  it.each([
    ["./no/such/folder", /there is no model folder .*no\/such\/folder/],
    ["all-MiniLM-L6-v2", /neither a folder nor a name on the model hub/],
  ])("%s is told before anything is fetched", async (model, says) => {
    await expect(open({ model }).embed(["cat"])).rejects.toMatchObject({
      code: "model-not-found",
      message: expect.stringMatching(says),
    });
  });

  it("says which variants of the weights there are", async () => {
    await writeTinyModel(join(root, "models/q8"), { weightsFile: "model_quantized.onnx" });
    await expect(open({ model: "models/q8", quantization: "fp16" }).embed(["cat"])).rejects.toMatchObject({
      message: expect.stringContaining("holds no fp16 weights"),
      hint: expect.stringContaining("q8"),
    });
  });

  it("says which files a folder lacks", async () => {
    await expect(open({ model: dirname(root) }).embed(["cat"])).rejects.toMatchObject({
      message: expect.stringContaining("config.json and tokenizer.json missing"),
    });
  });
});

describe("locateModel", () => {
  it("takes a folder before a name on the hub", async () => {
    await writeTinyModel(join(root, "owner/model"));
    await expect(locateModel("owner/model", root)).resolves.toEqual({
      kind: "folder",
      path: join(root, "owner/model"),
    });
    await expect(locateModel("owner/other", root)).resolves.toEqual({ kind: "hub", name: "owner/other" });
  });
});

/** A folder with all-MiniLM-L6-v2 in ONNX. */
const realModel = process.env["RAG_TEST_MODEL_DIR"];

describe.runIf(present)("all-MiniLM-L6-v2", needing("model-weights"), () => {
  it("knows that a cat is nearer to a kitten than to a carburetor, and matches reference values", async () => {
    const embedder = open({ model: realModel as string });
    const { vectors } = await embedder.embed(["cat", "kitten", "carburetor", "This is an example sentence"]);
    const dot = (a: number, b: number) =>
      vectors[a]!.reduce((sum, value, index) => sum + value * vectors[b]![index]!, 0);
    expect(dot(0, 1)).toBeGreaterThan(dot(0, 2));
    // The first values that sentence-transformers gives for the example sentence of the model's card.
    const reference = [0.0676569, 0.0634959, 0.0487131, 0.0793049, 0.0374481];
    for (const [index, value] of reference.entries()) expect(vectors[3]![index]).toBeCloseTo(value, 3);
    expect(basename(realModel as string)).not.toBe("");
  });
});
