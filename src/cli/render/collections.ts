import type { CollectionDocument, CollectionsDocument, DroppedDocument, SourcesDocument } from "./documents.ts";
import type {
  CollectionOverview,
  CollectionStats,
  ReadableCollection,
  DocumentSummary,
  Store,
} from "../../stores/types.ts";
import { terminalText } from "./terminal-text.ts";
import { formatBytes, formatCount, formatSettings, formatTime } from "./format.ts";
import type { Channel, Output } from "./output.ts";
import { wrapText } from "./terminal/wrap.ts";

/** One collection in a list: its JSON document. */
interface CollectionSummary {
  name: string;
  /** `null` where it is not known how many. */
  documents: number | null;
  chunks: number | null;
  /** The model of a foreign collection is unknown, and so are the dimensions unless the field of the vectors is known. */
  embedding: { provider: string | null; model: string | null; dimensions: number | null } | null;
  analyzer: string | null;
  /** ISO 8601. */
  createdAt: string | null;
  updatedAt: string | null;
}

/** One collection with all that is known of it: its JSON document. */
interface CollectionDetails extends CollectionSummary {
  manifest: ReadableCollection["manifest"];
  index: CollectionStats["index"];
  sizeBytes: number | null;
}

function summaryOf({ manifest, name }: ReadableCollection, stats: Omit<CollectionOverview, "gap">): CollectionSummary {
  const { embedding } = manifest;
  return {
    name,
    documents: stats.documents,
    chunks: stats.chunks,
    embedding: embedding && {
      provider: embedding.provider,
      model: embedding.model,
      dimensions: embedding.dimensions,
    },
    analyzer: manifest.analyzer,
    createdAt: manifest.createdAt,
    updatedAt: stats.updatedAt,
  };
}

export async function renderCollections(
  { kind, location }: Pick<Store, "kind" | "location">,
  listed: readonly { collection: ReadableCollection; overview: CollectionOverview }[],
  output: Output,
): Promise<void> {
  const collections = listed.map(({ collection, overview }) => summaryOf(collection, overview));
  if (output.options.json) return output.writeJson<CollectionsDocument>({ store: { kind, location }, collections });
  if (collections.length === 0) {
    return output.notice(`no collections in ${location} yet; make one with: rag ingest <paths...>`);
  }
  const { table } = await import("./table.ts");
  const rows = collections.map((collection) => [
    collection.name,
    countOf(collection.documents),
    countOf(collection.chunks),
    modelName(collection.embedding) ?? "text only",
    formatTime(collection.updatedAt),
  ]);
  const head = [
    { title: "collection" },
    { title: "documents", align: "right" as const },
    { title: "chunks", align: "right" as const },
    { title: "embedding" },
    { title: "updated" },
  ];
  await output.writeLong(table(head, rows, output.results.columns, output.results.colors.dim));
}

export async function renderCollection(
  collection: ReadableCollection,
  stats: CollectionStats,
  output: Output,
): Promise<void> {
  const { manifest, foreign } = collection;
  const { index, sizeBytes } = stats;
  const details: CollectionDetails = { ...summaryOf(collection, stats), manifest, index, sizeBytes };
  if (output.options.json) await output.writeJson<CollectionDocument>(details);
  else await output.results.write(describeCollection(details, output.results));
  for (const line of foreign?.missing ?? []) output.notice(`before it can be searched: ${line}`);
}

function describeCollection(details: CollectionDetails, { colors, columns }: Channel): string {
  const { manifest } = details;
  const lines: [string, string][] = [
    ["collection", details.name],
    ["documents", countOf(details.documents)],
    ["chunks", countOf(details.chunks)],
    ["embedding", describeEmbedding(details)],
    ...known("analyzer", details.analyzer),
    ...known("chunking", manifest.chunking && `${formatSettings(manifest.chunking)}, when it was made`),
    ...details.index.map(({ name, type, rows }): [string, string] => [
      "index",
      `${name}: ${type}${rows === null ? "" : `, ${formatCount(rows)} rows`}`,
    ]),
    ["size", details.sizeBytes === null ? "unknown" : formatBytes(details.sizeBytes)],
    [
      "created",
      manifest.createdAt === null
        ? "by another program"
        : `${formatTime(manifest.createdAt)} by version ${manifest.toolVersion}`,
    ],
    ["updated", formatTime(details.updatedAt)],
  ];
  const indent = " ".repeat(12);
  const room = columns === null ? null : Math.max(20, columns - indent.length);
  return lines
    .map(([name, value]) => {
      const shown = wrapText(terminalText(value), room).replaceAll("\n", `\n${indent}`);
      return `${colors.dim(name.padEnd(11))} ${shown}\n`;
    })
    .join("");
}

function countOf(number: number | null): string {
  return number === null ? "unknown" : formatCount(number);
}

/** `null` where there are no vectors. */
function modelName(embedding: CollectionSummary["embedding"]): string | null {
  if (embedding === null) return null;
  return embedding.provider === null ? "unknown" : `${embedding.provider}/${embedding.model}`;
}

function describeEmbedding({ embedding, manifest: { metric } }: CollectionDetails): string {
  if (embedding === null) return "none, searched by text only";
  const model = embedding.provider === null ? "unknown: another program made it" : modelName(embedding);
  const dimensions = embedding.dimensions === null ? null : `${embedding.dimensions} dimensions`;
  return [model, dimensions, metric].filter((part) => part !== null).join(", ");
}

/** A line, or none where there is nothing to say. */
function known(name: string, value: string | null): [string, string][] {
  return value === null ? [] : [[name, value]];
}

export async function renderSources(
  { name }: Pick<ReadableCollection, "name">,
  documents: readonly DocumentSummary[],
  output: Output,
): Promise<void> {
  const sources = documents
    .map(({ source, title, docChunks, updatedAt }) => ({
      source,
      title,
      chunks: docChunks,
      updatedAt: updatedAt === null ? null : new Date(updatedAt).toISOString(),
    }))
    .sort((a, b) => (a.source < b.source ? -1 : 1));
  if (output.options.json) return output.writeJson<SourcesDocument>({ collection: name, sources });
  if (sources.length === 0) return output.notice(`collection ${name} holds no documents`);
  const { table } = await import("./table.ts");
  const rows = sources.map(({ source, title, chunks, updatedAt }) => [
    terminalText(source),
    formatCount(chunks),
    formatTime(updatedAt),
    terminalText(title).replaceAll(/\s+/g, " "),
  ]);
  const head = [
    { title: "source" },
    { title: "chunks", align: "right" as const },
    { title: "updated" },
    { title: "title" },
  ];
  await output.writeLong(table(head, rows, output.results.columns, output.results.colors.dim));
}

export async function renderDropped(name: string, output: Output): Promise<void> {
  if (output.options.json) return output.writeJson<DroppedDocument>({ dropped: name });
  await output.results.write(`dropped collection ${name}\n`);
}

/** The user said no. */
export async function renderKept(name: string, output: Output): Promise<void> {
  if (output.options.json) return output.writeJson<DroppedDocument>({ dropped: null });
  output.notice(`collection ${name} was kept`);
}
