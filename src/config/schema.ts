import { z } from "zod";
import { strategies } from "../chunkers/index.ts";
import { fusionMethods, searchModes, urlStyles, usualFusion } from "../types.ts";

/**
 * Every setting, its default and what it is for. This file is the one place for defaults: the command line has none.
 * `docs/configuration.md` and `docs/ragrc.schema.json` are generated from it.
 */

const positive = () => z.int().positive();
const name = () => z.string().min(1);

const milvus = z.strictObject({
  uri: name()
    .optional()
    .describe(
      "Where the collections live: not set, an embedded store; a path ending in `.db`, Milvus Lite; `http://host:19530` or `host:port`, a Milvus server or cluster; `https://…` with a token, Zilliz Cloud; any other path (`./folder`, `file:folder`), the embedded store in that folder.",
    ),
  token: z.string().optional().describe("An API key, or `user:password`. Best written as `${MILVUS_TOKEN:-}`."),
  database: name().optional().describe("Database on the server; the server's default where it is not set."),
  timeoutMs: positive()
    .default(30_000)
    .describe(
      "How long one request may take, in milliseconds. Writing and loading may take five minutes whatever it says, and on Milvus Lite so may a search: the first one by text builds an index. An engine that does not answer at all is noticed in this time.",
    ),
  consistency: z
    .enum(["strong", "bounded", "eventually"])
    .default("bounded")
    .describe(
      "How fresh the answer of a server is where it is only looked at (`search`, `ask`, `collections`): `strong` waits for all that was written, a third of a second; `bounded` may miss the last seconds; `eventually` waits for nothing. An ingest or a copy always reads what was written.",
    ),
  tls: z
    .strictObject({
      caFile: name().optional().describe("PEM file of the certificate authority."),
      certFile: name().optional().describe("PEM file of the client's certificate."),
      keyFile: name().optional().describe("PEM file of the client's key."),
      serverName: name().optional().describe("Name that the server's certificate is checked against."),
    })
    .optional()
    .describe("TLS beyond what an `https://` address implies."),
  index: z
    .strictObject({
      type: name()
        .default("AUTOINDEX")
        .describe(
          "Index type of the vector field of new collections; `AUTOINDEX`: the server's choice, and an exact one on Milvus Lite.",
        ),
      params: z
        .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
        .prefault({})
        .describe("Build parameters of that index."),
      searchParams: z
        .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
        .prefault({})
        .describe("Search parameters of that index, e.g. `ef` or `nprobe`."),
    })
    .prefault({})
    .describe("The dense index of new collections."),
  fields: z
    .strictObject({
      id: name().optional().describe("Name of the primary key."),
      vector: name().optional().describe("Name of the vector field."),
      text: name().optional().describe("Name of the field that holds the passage."),
      source: name().optional().describe("Name of the field that says where the passage is from."),
      title: name().optional().describe("Name of the field that holds the document's title."),
    })
    .optional()
    .describe(
      "Names of the fields of a collection that another program made, as far as its schema does not tell; it is read, never written.",
    ),
  python: name()
    .optional()
    .describe(
      "Milvus Lite: a Python interpreter that has milvus-lite and pymilvus, instead of the one this tool provides.",
    ),
  idleMinutes: z
    .number()
    .nonnegative()
    .default(10)
    .describe("Milvus Lite: minutes without a request after which the engine ends; 0 ends it with the command."),
});

const embedding = z.strictObject({
  provider: name()
    .optional()
    .describe(
      "`openai`, `fireworks`, `ollama`, `local`, … or a name from `providers`. Not set: no vectors, BM25 alone serves.",
    ),
  model: name()
    .optional()
    .describe("The provider's default where it is not set. With `local`, a name from the model hub or a folder."),
  dimensions: positive().optional().describe("Dimensions to ask for, where the model can shorten its vectors."),
  baseUrl: z.url().optional().describe("Address of the API, in place of the provider's own."),
  apiKey: z.string().optional().describe("Best left out: the key is read from the provider's environment variable."),
  queryPrefix: z
    .string()
    .optional()
    .describe("Put before a question when it is embedded; the model's own where it is not set."),
  documentPrefix: z
    .string()
    .optional()
    .describe("Put before a passage when it is embedded; the model's own where it is not set."),
  price: z
    .number()
    .nonnegative()
    .optional()
    .describe("USD per million tokens, for plans and `--max-cost`; the provider's list price where it is not set."),
  batchSize: positive().optional().describe("Texts in one request; the provider's limit where it is not set."),
  concurrency: positive().max(64).default(8).describe("Requests in flight at most."),
  timeoutMs: positive().default(60_000).describe("How long one request may take, in milliseconds."),
  maxWaitMs: positive()
    .default(300_000)
    .describe(
      "How long an ingest waits for a provider that asks to come back later, or fails, in milliseconds; one that asks for more is not waited for.",
    ),
  cache: z
    .boolean()
    .default(true)
    .describe(
      "Keep the vectors of passages in the user's cache folder, so that another collection, another chunk size or `--recreate` pays only for what is new. Turn it off where the model behind a name has changed. Vectors of `local` models are not kept.",
    ),
  cacheMb: positive()
    .default(2000)
    .describe("Megabytes that these vectors may take, of all models together; those used least lately go first."),
  quantization: z
    .enum(["fp32", "fp16", "q8", "int8", "uint8", "q4", "q4f16", "bnb4"])
    .optional()
    .describe("`local` only: the variant of the model's weights."),
  pooling: z
    .enum(["mean", "cls"])
    .optional()
    .describe("`local` only: how token vectors become one; the model's own where it is not set."),
});

const llm = z.strictObject({
  provider: name()
    .default("extractive")
    .describe(
      "`openai`, `fireworks`, `deepseek`, `lepton`, `ollama`, … or a name from `providers`; `extractive` quotes the passages and needs no model.",
    ),
  model: name().optional().describe("The provider's default where it is not set."),
  baseUrl: z.url().optional().describe("Address of the API, in place of the provider's own."),
  apiKey: z.string().optional().describe("Best left out: the key is read from the provider's environment variable."),
  temperature: z.number().min(0).max(2).optional().describe("The model's own where it is not set."),
  maxTokens: positive().optional().describe("Tokens that an answer may have."),
  systemPrompt: z.string().optional().describe("In place of the built-in system prompt."),
  timeoutMs: positive()
    .default(120_000)
    .describe("How long the model may stay silent, in milliseconds; an answer may take ten times as long in all."),
});

const provider = z.strictObject({
  baseUrl: z.url().describe("Address of an OpenAI-compatible API."),
  keyVariable: name().optional().describe("Environment variable that holds the key; none where no key is needed."),
  embeddingModel: name().optional().describe("Model that embeds where none is named."),
  chatModel: name().optional().describe("Model that answers where none is named."),
  rerankModel: name().optional().describe("Model that reranks where none is named."),
  dimensions: positive().optional().describe("Dimensions of that embedding model; asked for once where it is not set."),
  maxBatch: positive().optional().describe("Texts in one embedding request."),
  maxTokensPerText: positive().optional().describe("Tokens in one text."),
  queryPrefix: z.string().optional().describe("Put before a question when it is embedded."),
  documentPrefix: z.string().optional().describe("Put before a passage when it is embedded."),
});

export const configSchema = z.strictObject({
  $schema: z.string().optional().describe("Address of the JSON schema, for editors."),
  collection: name().default("docs").describe("The collection that commands use."),
  project: name()
    .optional()
    .describe(
      "Name of the project, which a collection remembers: on a store that projects share, another one does not ingest into it. Not set: the git remote with the folder in the repository, else this folder on this machine.",
    ),
  store: z
    .strictObject({
      path: name()
        .default(".rag")
        .describe("Folder of the embedded store where `milvus.uri` is not set, relative to the configuration file."),
    })
    .prefault({})
    .describe("The embedded store."),
  milvus: milvus.prefault({}).describe("Milvus in any form."),
  metric: z.enum(["cosine", "ip", "l2"]).default("cosine").describe("How vectors of new collections are compared."),
  embedding: embedding.prefault({}).describe("The model that turns passages and questions into vectors."),
  llm: llm.prefault({}).describe("The model that answers."),
  providers: z
    .record(z.string().regex(/^[a-z0-9][a-z0-9_-]*$/), provider)
    .prefault({})
    .describe("Model providers beyond the built-in ones, by name."),
  chunking: z
    .strictObject({
      strategy: z.enum(strategies).default("markdown").describe("How documents are split."),
      maxChars: positive().max(16_000).default(1600).describe("Size of a chunk: its characters at most."),
      overlapChars: z
        .int()
        .nonnegative()
        .default(200)
        .describe("Characters that two neighbouring chunks share where a text has to be cut."),
      separator: z.string().min(1).default("# ").describe("`separator`: the literal string to split at."),
      sentences: positive().default(10).describe("`sentence`: sentences in a chunk."),
      sentenceOverlap: z
        .int()
        .nonnegative()
        .default(1)
        .describe("`sentence`: sentences that a chunk repeats of the one before."),
    })
    .prefault({})
    .describe("How documents become chunks."),
  ingest: z
    .strictObject({
      maxFileMb: positive()
        .default(64)
        .describe("A larger file is reported as failed instead of being read, in megabytes (10^6 bytes)."),
      maxPages: positive()
        .default(1000)
        .describe("A sitemap with more pages is refused. A page may take 30 seconds, and be as large as a file."),
      encoding: name()
        .optional()
        .describe(
          "Encoding of text files without a byte order mark, e.g. `windows-1252`, `shift_jis`; where it is not set, it is told from each file.",
        ),
      followLinks: z
        .boolean()
        .default(false)
        .describe("Follow links that lead out of the folder that was named. A project's file may not set it."),
    })
    .prefault({})
    .describe("What is read."),
  loaders: z
    .record(name(), name())
    .prefault({})
    .describe(
      'Programs that read files of further formats, by glob: `{ "*.xyz": "some-command {file}" }`. `{file}` is the file\'s path; without it, the program reads standard input. It writes Markdown or plain text. No shell is involved. A project\'s file may not set it.',
    ),
  urls: z
    .record(z.string(), z.url({ protocol: /^https?$/ }))
    .prefault({})
    .describe(
      "Where documents are published: a folder or file of the project, `docs/`, and its address. Hits and citations then carry the `url` of their page and heading. The longest name that fits counts; `.` is the whole project.",
    ),
  urlStyle: z
    .enum(urlStyles)
    .default("github")
    .describe(
      "How those addresses are written: `github`, the file's own path; `docusaurus`, without extension, number and `index`; `vitepress`, as `.html`. Each with its own anchors of headings.",
    ),
  search: z
    .strictObject({
      mode: z.enum(searchModes).optional().describe("`hybrid` where the collection has vectors, else `text`."),
      fusion: z
        .enum(fusionMethods)
        .default(usualFusion)
        .describe(
          "How `hybrid` makes one list of two: `scaled`, by scores, each list's scaled to 1 for its first hit, text weighing 0.7; `rrf10` and `rrf`, by ranks (reciprocal rank fusion with k = 10 and k = 60).",
        ),
      topK: positive().max(1000).default(5).describe("Hits to return."),
      minScore: z.number().optional().describe("Hits below this score are left out."),
      rerank: name()
        .optional()
        .describe(
          "A model that ranks the best hits anew, as `provider` or `provider/model`: `jina`, `cohere`, `voyage`, `vllm`, `llamacpp`, `tei` or a name from `providers`; `local/…`, a cross-encoder in this process; `llm`, the model of `llm` as a judge. Not set, or `off`: none.",
        ),
      rerankCandidates: positive()
        .max(1000)
        .default(30)
        .describe("Hits that the reranker looks at; at least as many as are wanted."),
      rerankTimeoutMs: positive()
        .default(15_000)
        .describe(
          "How long reranking may take, in milliseconds; behind it, the order of the search stays, and a warning says so.",
        ),
    })
    .prefault({})
    .describe("How passages are found."),
  ask: z
    .strictObject({
      maxContextChars: positive().default(12_000).describe("Characters of passages that go into the prompt at most."),
      prompt: name()
        .optional()
        .describe("File with a prompt template in place of the built-in one, relative to the configuration file."),
      strict: z.boolean().default(false).describe("Refuse an answer whose citations cannot be verified."),
    })
    .prefault({})
    .describe("How questions are answered."),
});

/** A configuration with every default filled in. */
export type Config = z.output<typeof configSchema>;
/** What a configuration file may hold. */
export type ConfigInput = z.input<typeof configSchema>;
