import type { CollectionStats, ReadableCollection, StoreKind } from "../../stores/types.ts";
import { terminalText } from "./terminal-text.ts";
import { formatBytes, formatCount, formatSettings, formatTime } from "./format.ts";
import type { Output } from "./output.ts";

/** One collection in a list. */
export interface CollectionSummary {
  name: string;
  documents: number;
  chunks: number;
  /** Of what another program made nobody knows the model; nor the dimensions, where its vectors are not known. */
  embedding: { provider: string | null; model: string | null; dimensions: number | null } | null;
  analyzer: string | null;
  /** ISO 8601. */
  createdAt: string | null;
  updatedAt: string | null;
}

/** One collection with all that is known of it. */
export interface CollectionDetails extends CollectionSummary {
  manifest: ReadableCollection["manifest"];
  index: CollectionStats["index"];
  sizeBytes: number | null;
}

export async function renderCollections(
  listing: { store: { kind: StoreKind; location: string }; collections: readonly CollectionSummary[] },
  output: Output,
): Promise<void> {
  if (output.options.json) return output.writeJson(listing);
  const { collections, store } = listing;
  if (collections.length === 0) {
    return output.notice(`no collections in ${store.location} yet; make one with: rag ingest <paths...>`);
  }
  const { table } = await import("./table.ts");
  const rows = collections.map((collection) => [
    collection.name,
    formatCount(collection.documents),
    formatCount(collection.chunks),
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
  await output.results.write(table(head, rows, output.results.columns, output.results.colors.dim));
}

export async function renderCollection(details: CollectionDetails, output: Output): Promise<void> {
  if (output.options.json) return output.writeJson(details);
  const { manifest } = details;
  const lines: [string, string][] = [
    ["collection", details.name],
    ["documents", formatCount(details.documents)],
    ["chunks", formatCount(details.chunks)],
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
  const { colors } = output.results;
  const text = lines.map(([name, value]) => `${colors.dim(name.padEnd(11))} ${terminalText(value)}\n`).join("");
  await output.results.write(text);
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
  listing: {
    collection: string;
    sources: readonly { source: string; title: string; chunks: number; updatedAt: string | null }[];
  },
  output: Output,
): Promise<void> {
  if (output.options.json) return output.writeJson(listing);
  if (listing.sources.length === 0) return output.notice(`collection ${listing.collection} holds no documents`);
  const { table } = await import("./table.ts");
  const rows = listing.sources.map(({ source, title, chunks, updatedAt }) => [
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
  await output.results.write(table(head, rows, output.results.columns, output.results.colors.dim));
}

export async function renderDropped(name: string, output: Output): Promise<void> {
  if (output.options.json) return output.writeJson({ dropped: name });
  await output.results.write(`dropped collection ${name}\n`);
}

/** The user said no. */
export async function renderKept(name: string, output: Output): Promise<void> {
  if (output.options.json) return output.writeJson({ dropped: null });
  output.notice(`collection ${name} was kept`);
}
