/**
 * Projects that someone else made, each with the commands that a visitor would run in it. `{{evil}}` stands for the
 * recording server under a foreign name, `{{port}}` for its port, `{{home}}` and `{{victim}}` for folders that the project has no
 * business in.
 */
export interface HostileProject {
  name: string;
  /** Of the project, by path. */
  files?: Record<string, string>;
  /** `.ragrc` */
  config?: unknown;
  /** Links of the project: path → target. */
  links?: Record<string, string>;
  /** Named pipes of the project. */
  pipes?: string[];
  /** Arguments; the usual ones are an ingest of `docs`, a search and a question. */
  commands?: string[][];
  /** Of the environment, beside the usual ones. */
  variables?: Record<string, string>;
  /** What one of the commands has to say on stderr; not set where the project is merely to do no harm. */
  says?: RegExp;
}

const evil = { baseUrl: "http://{{evil}}/v1", embeddingModel: "m", chatModel: "m" };
const ingest = ["ingest", "docs"];
const ask = ["ask", "canary secret keys"];
const search = ["search", "canary secret keys"];
const both = [ingest, ask];

/** So that a command that wants to start an engine says at once that it cannot, and sets up none. */
const noPython = { PATH: "" };

/** Sends by a model's address. */
const models: HostileProject[] = [
  {
    name: "a row of its own that embeds",
    config: { providers: { evil }, embedding: { provider: "evil" } },
    commands: [ingest],
    says: /sends/,
  },
  {
    name: "a row of its own that answers",
    config: { providers: { evil }, llm: { provider: "evil" } },
    commands: both,
    says: /sends/,
  },
  {
    name: "a row that takes over openai",
    config: { providers: { openai: evil }, embedding: { provider: "openai" } },
    commands: [ingest],
    says: /sends/,
  },
  {
    name: "openai at another address",
    config: { llm: { provider: "openai", model: "m", baseUrl: evil.baseUrl } },
    commands: both,
    says: /sends/,
  },
  {
    name: "vllm at another address",
    config: { embedding: { provider: "vllm", model: "m", baseUrl: evil.baseUrl } },
    commands: [ingest],
    says: /sends/,
  },
  {
    name: "ollama at another address",
    config: { llm: { provider: "ollama", model: "m", baseUrl: evil.baseUrl } },
    commands: both,
    says: /sends/,
  },
  {
    name: "a key of another provider",
    config: { llm: { provider: "vllm", model: "m", baseUrl: evil.baseUrl, apiKey: "${OPENAI_API_KEY}" } },
    commands: both,
    says: /sends/,
  },
  {
    name: "a key variable of another provider",
    config: { providers: { g: { ...evil, keyVariable: "OPENAI_API_KEY" } }, llm: { provider: "g" } },
    commands: both,
    says: /sends/,
  },
  {
    name: "a canary as a key variable",
    config: { providers: { g: { ...evil, keyVariable: "AZURE_STORAGE_CONNECTION_STRING" } }, llm: { provider: "g" } },
    commands: both,
    says: /sends/,
  },
  {
    name: "a key in the address",
    config: { llm: { provider: "vllm", model: "m", baseUrl: "http://{{evil}}/v1?k=${OPENAI_API_KEY}" } },
    commands: both,
    says: /OPENAI_API_KEY/,
  },
  {
    name: "a user name in the address",
    config: { llm: { provider: "vllm", model: "m", baseUrl: "http://a:b@{{evil}}/v1" } },
    commands: both,
    says: /user name|sends/,
  },
  {
    name: "an account of its own",
    config: { llm: { provider: "openai", apiKey: "sk-of-a-stranger-0123" } },
    commands: both,
    says: /account of its own/,
  },
  {
    name: "a row of its own that reranks",
    config: { providers: { evil: { ...evil, rerankModel: "m" } }, search: { rerank: "evil" } },
    commands: [ingest, search],
    says: /sends/,
  },
  {
    name: "a row that takes over jina, for its rerankers",
    config: { providers: { jina: evil }, search: { rerank: "jina/m" } },
    commands: [ingest, search, ask],
    variables: { JINA_API_KEY: "jina-canary-0123456789" },
    says: /sends/,
  },
  {
    name: "a reranker that is the model of a row of its own",
    config: { providers: { evil }, llm: { provider: "evil" }, search: { rerank: "llm" } },
    commands: [ingest, search],
    says: /sends/,
  },
  {
    name: "the number of the host in decimals",
    config: { llm: { provider: "vllm", model: "m", baseUrl: "http://0:{{port}}/v1" } },
    commands: both,
    says: /sends/,
  },
  {
    name: "a host that begins like this machine",
    config: { llm: { provider: "vllm", model: "m", baseUrl: "http://127.0.0.1.evil.invalid:{{port}}/v1" } },
    commands: both,
    says: /sends/,
  },
  {
    name: "a host that ends like a provider's",
    config: { llm: { provider: "openai", model: "m", baseUrl: "http://api.openai.com.evil.invalid/v1" } },
    commands: both,
    says: /sends/,
  },
];

const canary = "AZURE_STORAGE_CONNECTION_STRING";
const loopback = { provider: "vllm", model: "m", baseUrl: "http://127.0.0.1:{{port}}/v1" };
/** Carries variables where none belong; the server on this machine must not see them either. */
const variables: HostileProject[] = (
  [
    ["the system prompt", { llm: { ...loopback, systemPrompt: `\${${canary}:-} \${SLACK_WEBHOOK_URL:-}` } }],
    ["a prefix of questions", { embedding: { ...loopback, queryPrefix: `\${${canary}}` } }],
    ["a prefix of passages", { embedding: { ...loopback, documentPrefix: `\${${canary}}` } }],
    ["a prefix in a row", { providers: { g: { ...evil, documentPrefix: `\${${canary}}` } } }],
    ["the model's name", { llm: { ...loopback, model: `\${${canary}}` } }],
    ["the model's path", { llm: { ...loopback, baseUrl: "http://127.0.0.1:{{port}}/${SLACK_WEBHOOK_URL}" } }],
    ["the collection", { collection: "c_${USERISH}" }],
    ["the separator", { chunking: { strategy: "separator", separator: `\${${canary}}` } }],
    ["the store", { store: { path: "${USERISH}" } }],
    ["the database", { milvus: { uri: "http://127.0.0.1:{{port}}", database: "${USERISH}" } }],
    ["the address of Milvus", { milvus: { uri: "http://${USERISH}.evil.invalid:19530" } }],
    ["a model's key as the token", { milvus: { uri: "http://127.0.0.1:{{port}}", token: "${OPENAI_API_KEY}" } }],
    ["a parameter", { milvus: { index: { params: { x: "${USERISH}" } } } }],
    ["the schema", { $schema: "http://{{evil}}/${USERISH}" }],
  ] satisfies [string, unknown][]
).map(([name, config]) => ({
  name: `a variable in ${name}`,
  config,
  commands: both,
  says: /environment|variable|sends/,
}));

/** Reaches outside by a path. */
const paths: HostileProject[] = [
  { name: "the store of another project", config: { store: { path: "../victim/.rag" } }, says: /outside/ },
  { name: "an absolute store", config: { store: { path: "{{home}}/.ssh" } }, says: /outside/ },
  {
    name: "a store behind a link",
    config: { store: { path: "data/.rag" } },
    links: { data: "../victim" },
    says: /outside/,
  },
  { name: "a store that is a link, and no configuration", links: { ".rag": "../victim/.rag" }, says: /outside/ },
  { name: "a store that is a link to nothing", links: { ".rag": "{{home}}/new" }, says: /outside/ },
  { name: "a table that is a link", links: { ".rag/docs.lance": "../../victim/.rag/docs.lance" }, says: /is a link/ },
  {
    name: "a part of a table that is a link",
    links: { ".rag/docs.lance/data": "../../../victim/.rag/docs.lance/data" },
    says: /is a link/,
  },
  { name: "an address with a path", config: { milvus: { uri: "file:../victim/.rag" } }, says: /outside/ },
  { name: "an address with a file URL", config: { milvus: { uri: "file://{{home}}/.ssh" } }, says: /outside/ },
  { name: "a database in the home folder", config: { milvus: { uri: "{{home}}/.ssh/x.db" } }, says: /outside/ },
  {
    name: "a database that is a link",
    config: { milvus: { uri: "x.db" } },
    links: { "x.db": "{{home}}/.ssh" },
    says: /outside/,
  },
  { name: "a server elsewhere", config: { milvus: { uri: "http://{{evil}}" } }, says: /sends/ },
  {
    name: "a server elsewhere with its own token",
    config: { milvus: { uri: "http://{{evil}}", token: "a:b" } },
    says: /sends/,
  },
  {
    name: "a server elsewhere with the user's token",
    config: { milvus: { uri: "http://{{evil}}", token: "${MILVUS_TOKEN}" } },
    says: /sends/,
  },
  {
    name: "a key file of the user's for TLS",
    config: { milvus: { uri: "https://127.0.0.1:{{port}}", tls: { keyFile: "{{home}}/.ssh/id_rsa" } } },
    says: /outside/,
  },
  {
    name: "a program",
    files: { "run.sh": "#!/bin/sh\necho > {{home}}/ran\n" },
    config: { milvus: { uri: "x.db", python: "./run.sh" } },
    says: /program/,
  },
  {
    name: "a configuration that is code",
    files: {
      ".ragrc.js": "require('fs').writeFileSync('{{home}}/ran', '')",
      "rag.config.js": "require('fs').writeFileSync('{{home}}/ran', '')",
    },
    commands: [ingest],
  },
  {
    name: "code in .config",
    files: { ".config/config.js": "require('fs').writeFileSync('{{home}}/ran', '')" },
    commands: [ingest],
  },
  {
    name: "a prompt of the user's",
    config: { llm: loopback, ask: { prompt: "{{home}}/.ssh/id_rsa" } },
    commands: both,
    says: /outside/,
  },
  {
    name: "a prompt that is a link",
    config: { llm: loopback, ask: { prompt: "p.txt" } },
    links: { "p.txt": "{{home}}/.ssh/id_rsa" },
    commands: both,
    says: /outside/,
  },
  {
    name: "a local model elsewhere",
    config: { embedding: { provider: "local", model: "{{home}}/.ssh" } },
    says: /outside/,
  },
  {
    name: "a local reranker elsewhere",
    config: { search: { rerank: "local/{{home}}/.ssh" } },
    says: /outside/,
  },
  {
    name: "a local model in the home folder",
    config: { embedding: { provider: "local", model: "~/.ssh" } },
    says: /outside/,
  },
  {
    name: "links wanted",
    config: { ingest: { followLinks: true } },
    links: { "docs/key.md": "{{home}}/.ssh/id_rsa" },
    says: /links/,
  },
  {
    name: "a pointer to an engine elsewhere",
    config: { milvus: { uri: "x.db" } },
    files: {
      "x.db/.rag-engine.json": '{"address":"{{evil}}","token":"t","database":"{{project}}/x.db","pid":1}',
      "x.db/LOCK": "",
    },
    variables: noPython,
    commands: [search],
  },
  {
    name: "a pointer to a port of this machine",
    config: { milvus: { uri: "x.db" } },
    files: {
      "x.db/.rag-engine.json":
        '{"address":"127.0.0.1:{{port}}","token":"t","database":"{{project}}/x.db","pid":{{pid}}}',
    },
    variables: noPython,
    commands: [search],
  },
];

/** Documents and folders. */
const documents: HostileProject[] = [
  {
    name: "a link to a key",
    links: { "docs/key.md": "{{home}}/.ssh/id_rsa" },
    commands: [ingest, search],
    says: /1 link leads out/,
  },
  {
    name: "a link to a folder",
    links: { "docs/home": "{{home}}" },
    commands: [ingest, search],
    says: /1 link leads out/,
  },
  {
    name: "a chain of links",
    links: { "docs/a.md": "b.md", "docs/b.md": "../c.md", "c.md": "{{home}}/.ssh/id_rsa" },
    commands: [ingest, search],
    says: /links lead out/,
  },
  {
    name: "a link, by a glob",
    links: { "docs/key.md": "{{home}}/.ssh/id_rsa" },
    commands: [["ingest", "docs/**/*.md"], search],
    says: /1 link leads out/,
  },
  {
    name: "a link, by its name",
    links: { "docs/key.md": "{{home}}/.ssh/id_rsa" },
    commands: [["ingest", "docs/key.md"], search],
    says: /leads out of the project/,
  },
  {
    name: "a folder that is a link",
    links: { notes: "{{home}}/.ssh" },
    commands: [["ingest", "notes"], search],
    says: /leads out of the project/,
  },
  {
    name: "a link above a file",
    links: { notes: "{{home}}" },
    commands: [["ingest", "notes/.ssh/id_rsa"], search],
    says: /leads out of the project/,
  },
  {
    name: "a link in a list of files",
    files: { list: "docs/key.md\n" },
    links: { "docs/key.md": "{{home}}/.ssh/id_rsa" },
    commands: [["ingest", "--files-from", "list"], search],
    says: /leads out of the project/,
  },
  {
    name: "links around",
    links: { "docs/up": "..", "docs/self": "." },
    commands: [ingest, search],
    says: /folder that it is in/,
  },
  { name: "a pipe as the configuration", pipes: [".ragrc"], says: /not a regular file/ },
  { name: "a pipe as package.json", pipes: ["package.json"], commands: [ingest] },
  { name: "a device as the configuration", links: { ".ragrc": "/dev/zero" }, says: /not a regular file/ },
  { name: "standard input as the configuration", links: { ".ragrc": "/dev/stdin" }, says: /not a regular file/ },
  { name: "a pipe as a lock", pipes: [".rag/docs.lock"], commands: [ingest] },
  {
    name: "a pipe as a list",
    pipes: ["list"],
    commands: [["ingest", "--files-from", "list"]],
    says: /not a regular file/,
  },
  {
    name: "a pipe as a prompt",
    pipes: ["p.txt"],
    config: { ask: { prompt: "p.txt" } },
    commands: both,
    says: /not a regular file/,
  },
  { name: "pipes as ignore files", pipes: [".gitignore", "docs/.ragignore"], commands: [ingest] },
  { name: "a pipe as a document", pipes: ["docs/pipe.md"], commands: [ingest], says: /is a pipe/ },
  {
    name: "a configuration without end",
    files: { ".ragrc": `{"collection":"${"x".repeat(5_000_000)}"}` },
    says: /larger than/,
  },
  {
    name: "a configuration nested without end",
    files: { ".ragrc": `{"a":${"[".repeat(100_000)}${"]".repeat(100_000)}}` },
    says: /nested|valid|mistake/,
  },
  { name: "YAML nested without end", files: { ".ragrc": `a: ${"[".repeat(20_000)}` }, says: /valid YAML|nested/ },
  {
    name: "YAML that multiplies itself",
    files: {
      ".ragrc": `a: &a [x,x,x,x,x,x,x,x,x]\n${[..."bcdefghi"].map((name, index) => `${name}: &${name} [${Array.from({ length: 9 }, () => `*${"abcdefgh"[index]}`).join(",")}]`).join("\n")}`,
    },
    says: /valid YAML|mistake/,
  },
  {
    name: "a prototype in the configuration",
    files: { ".ragrc": '{"__proto__":{"milvus":{"uri":"http://{{evil}}"}},"constructor":{}}' },
    says: /unknown setting|mistake/,
  },
  {
    name: "controls in documents",
    files: { "docs/\u202Ec.md": "# A\u009B2J\u001B]0;title\u0007 canary secret keys\n\n\u061C\u2066text\u202E" },
    commands: [
      ingest,
      search,
      [...search, "--format", "ndjson"],
      ["collections", "sources", "docs"],
      [...ask, "--show-context"],
    ],
  },
  {
    name: "controls in the configuration",
    config: { "a\u009B2J\u202E": 1, collection: "x\u001B[2J" },
    says: /unknown setting/,
  },
  {
    name: "a line break in a name",
    files: { "docs/a\n..\n.md": "canary secret keys" },
    commands: [ingest, [...search, "--format", "paths"]],
  },
];

export const hostileProjects: readonly HostileProject[] = [...models, ...variables, ...paths, ...documents];
