import { cp, readdir, rename, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { connect } from "@lancedb/lancedb";
import { arrow } from "../../src/stores/embedded/columns.ts";
import { collectionSchema, toTable } from "../../src/stores/embedded/rows.ts";
import type { Manifest } from "../../src/stores/types.ts";
import { documentChunks } from "../fixtures/chunks.ts";
import type { HostileProject } from "./hostile-projects.ts";

const ingest = ["ingest", "docs"];
const search = ["search", "canary secret keys"];
const both = [search, ingest];

const manifest: Manifest = {
  schemaVersion: 2,
  embedding: null,
  metric: "cosine",
  analyzer: "multilingual",
  chunking: {},
  toolVersion: "0.0.1",
  createdAt: "2026-01-01T00:00:00.000Z",
};

/** The first of the files of a table that lie in one of its folders. */
async function firstIn(folder: string): Promise<string> {
  return join(folder, (await readdir(folder)).sort()[0]!);
}

/** A copy of the victim's store in which one part leads back to the victim's own. */
function copyWithLink(part: (table: string) => Promise<string>): NonNullable<HostileProject["plant"]> {
  return async (project, { victim }) => {
    await cp(join(victim, ".rag"), join(project, ".rag"), { recursive: true });
    const own = await part(join(project, ".rag/docs.lance"));
    await rm(own, { recursive: true });
    await symlink(await part(join(victim, ".rag/docs.lance")), own);
  };
}

/** A table of this tool's form whose rows and manifest say whatever a stranger likes. */
function tableWith(manifestText: string, row: object = {}): NonNullable<HostileProject["plant"]> {
  return async (project) => {
    const database = await connect(join(project, ".rag"));
    const { fields } = collectionSchema(manifest);
    const schema = new (arrow().Schema)(fields, new Map([["rag.manifest", manifestText]]));
    const table = await database.createEmptyTable("docs", schema as never);
    const chunks = documentChunks("docs/a.md", ["canary secret keys"]).map((chunk) => ({ ...chunk, ...row }));
    await table.add(toTable(chunks, manifest, ({ text }) => text) as never);
    database.close();
  };
}

const foreign = (embedding: unknown) => JSON.stringify({ ...manifest, embedding });
const model = { provider: "evil", model: "m", dimensions: 2, queryPrefix: "", documentPrefix: "" };
const unshaped: Record<string, string> = {
  "that is no JSON": "{",
  "that is nothing": "null",
  "whose parts are of other types": JSON.stringify({
    ...manifest,
    metric: {},
    chunking: 5,
    createdAt: [],
    project: {},
  }),
  "without a length of vectors": foreign({ ...model, dimensions: "many" }),
  "nested without end": `${"[".repeat(50_000)}${"]".repeat(50_000)}`,
  "of a prototype": '{"__proto__":{"schemaVersion":2},"constructor":1}',
};

/** Stores that came with a project. */
export const plantedProjects: HostileProject[] = [
  {
    name: "a table whose files are those of another one",
    plant: async (project, { victim }) => {
      const database = await connect(join(project, ".rag"));
      await database.cloneTable("docs", join(victim, ".rag/docs.lance"), { isShallow: true });
      database.close();
    },
    commands: both,
    says: /elsewhere/,
  },
  {
    name: "a table whose older version has files elsewhere, and a hint that names it",
    plant: async (project, { victim }) => {
      const database = await connect(join(project, ".rag"));
      const table = await database.cloneTable("docs", join(victim, ".rag/docs.lance"), { isShallow: true });
      await table.delete("ord >= 0");
      database.close();
    },
    commands: [search],
    says: /elsewhere/,
  },
  {
    name: "a table of Lance whose files are in a bucket",
    plant: async (project, { victim }) => {
      const database = await connect(join(project, ".rag"));
      await database.cloneTable("docs", join(victim, ".rag/docs.lance"), { isShallow: true });
      database.close();
      const versions = join(project, ".rag/docs.lance/_versions");
      const { readFile, writeFile } = await import("node:fs/promises");
      for (const name of await readdir(versions)) {
        const file = join(versions, name);
        const from = join(victim, ".rag/docs.lance");
        // Of the same length, so that the message stays whole.
        const to = "s3://evil/".padEnd(Buffer.byteLength(from), "x");
        const bytes = (await readFile(file)).toString("latin1").replaceAll(from, to);
        await writeFile(file, Buffer.from(bytes, "latin1"));
      }
    },
    commands: [search],
    variables: { AWS_ACCESS_KEY_ID: "canary-of-aws", AWS_SECRET_ACCESS_KEY: "canary-of-aws" },
    says: /elsewhere/,
  },
  {
    name: "an index that is a link",
    plant: copyWithLink((table) => firstIn(join(table, "_indices"))),
    commands: [search],
    says: /is a link/,
  },
  {
    name: "rows that are a link",
    plant: copyWithLink((table) => firstIn(join(table, "data"))),
    commands: both,
    says: /is a link/,
  },
  {
    name: "a version that is a link",
    plant: copyWithLink((table) => firstIn(join(table, "_versions"))),
    commands: [search],
    says: /is a link/,
  },
  {
    name: "a place for replaced tables that is a link",
    links: { ".rag/.replaced": "../../victim/.rag" },
    commands: both,
    says: /is a link/,
  },
  {
    name: "a place for new tables that is a link",
    links: { ".rag/.building": "../../victim/.rag" },
    commands: [ingest, [...ingest, "--recreate"]],
    says: /is a link/,
  },
  {
    name: "a replaced table in the place of a lock",
    plant: async (project, { victim }) => {
      await cp(join(victim, ".rag"), join(project, ".rag/.replaced"), { recursive: true });
      await rename(join(project, ".rag/.replaced/docs.lance/data"), join(project, ".rag/moved"));
      await symlink(join(victim, ".rag/docs.lance/data"), join(project, ".rag/.replaced/docs.lance/data"));
    },
    commands: [search],
    says: /is a link/,
  },
  { name: "locks that are links", links: { ".rag/docs.lock": "{{home}}/.ssh/id_rsa" }, commands: [ingest] },
  { name: "a lock that is a link to nothing", links: { ".rag/docs.lock": "{{home}}/new" }, commands: [ingest] },
  {
    name: "a table that names a model elsewhere",
    config: { providers: { evil: { baseUrl: "http://{{evil}}/v1", embeddingModel: "m" } } },
    plant: tableWith(foreign(model)),
    commands: [[...search, "--mode", "dense"], ingest],
    says: /sends|evil/,
  },
  {
    name: "a table that names a host and variables",
    plant: tableWith(
      foreign({
        ...model,
        provider: "http://{{evil}}/v1",
        baseUrl: "http://{{evil}}/v1",
        model: "${OPENAI_API_KEY}",
        queryPrefix: "${OPENAI_API_KEY}",
        documentPrefix: "${SLACK_WEBHOOK_URL}",
      }),
    ),
    commands: [search, ["collections", "show", "docs"], ["doctor"]],
  },
  {
    name: "a table that names a folder of the user's as its model",
    plant: tableWith(foreign({ ...model, provider: "local", model: "{{home}}/.ssh" })),
    commands: [[...search, "--mode", "dense"]],
  },
  {
    name: "a table of vectors without end",
    plant: tableWith(foreign({ ...model, provider: "openai", dimensions: 2 ** 40 })),
    commands: [["collections", "show", "docs"]],
  },
  {
    name: "a table with controls in all that it says",
    plant: tableWith(
      JSON.stringify({ ...manifest, toolVersion: "1\u009B2J\u202E", chunking: { "a\u001B]0;x\u0007": "b\u001B[2J" } }),
      { title: "t\u001B[2J\u202E", heading: ["h\u009B2J"], source: "docs/\u001B]8;;http://evil.invalid\u0007a.md" },
    ),
    commands: [
      [...search, "--color", "always"],
      ["collections", "show", "docs"],
      ["collections", "sources", "docs"],
    ],
  },
  {
    name: "a table whose sources are elsewhere",
    plant: tableWith(JSON.stringify(manifest), { source: "../home/.ssh/id_rsa" }),
    commands: [
      ["open", "../home/.ssh/id_rsa"],
      ["get", "../home/.ssh/id_rsa"],
      [...search, "--expand", "2"],
    ],
    variables: { EDITOR: "cat" },
  },
  {
    name: "links in the place of reports",
    files: { "set.jsonl": '{"question":"canary secret keys","sources":["docs/own.md"]}\n' },
    links: { "report.html": "{{home}}/.ssh/id_rsa", "report.xml": "{{home}}/new", reports: "{{home}}" },
    commands: [
      ingest,
      ["eval", "set.jsonl", "--html", "report.html"],
      ["eval", "set.jsonl", "--junit", "report.xml"],
      ["ask", "--batch", "set.jsonl", "--output", "reports/answers.jsonl"],
      ["ask", "--batch", "set.jsonl", "--gaps", "reports/gaps.md"],
    ],
    says: /a link takes it out of/,
  },
  ...Object.entries(unshaped).map(([what, text]) => ({
    name: `a table with a manifest ${what}`,
    plant: tableWith(text),
    commands: [search],
  })),
];
