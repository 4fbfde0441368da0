import type { CollectionStats, Manifest, StoreKind } from "../../stores/types.ts";
import { terminalText } from "../../util/terminal-text.ts";
import { formatBytes, formatCount, formatSettings, formatTime } from "./format.ts";
import type { Output } from "./output.ts";

/** One collection in a list. */
export interface CollectionSummary {
  name: string;
  documents: number;
  chunks: number;
  embedding: { provider: string; model: string; dimensions: number } | null;
  analyzer: string;
  /** ISO 8601. */
  createdAt: string;
  updatedAt: string | null;
}

/** One collection with all that is known of it. */
export interface CollectionDetails extends CollectionSummary {
  manifest: Manifest;
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
    collection.embedding === null ? "text only" : `${collection.embedding.provider}/${collection.embedding.model}`,
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
  const { embedding, manifest } = details;
  const lines: [string, string][] = [
    ["collection", details.name],
    ["documents", formatCount(details.documents)],
    ["chunks", formatCount(details.chunks)],
    [
      "embedding",
      embedding === null
        ? "none, searched by text only"
        : `${embedding.provider}/${embedding.model}, ${embedding.dimensions} dimensions, ${manifest.metric}`,
    ],
    ["analyzer", details.analyzer],
    ["chunking", `${formatSettings(manifest.chunking)}, when it was made`],
    ...details.index.map(({ name, type, rows }): [string, string] => [
      "index",
      `${name}: ${type}${rows === null ? "" : `, ${formatCount(rows)} rows`}`,
    ]),
    ["size", details.sizeBytes === null ? "unknown" : formatBytes(details.sizeBytes)],
    ["created", `${formatTime(details.createdAt)} by version ${manifest.toolVersion}`],
    ["updated", formatTime(details.updatedAt)],
  ];
  const { colors } = output.results;
  const text = lines.map(([name, value]) => `${colors.dim(name.padEnd(11))} ${terminalText(value)}\n`).join("");
  await output.results.write(text);
}

export async function renderSources(
  listing: {
    collection: string;
    sources: readonly { source: string; title: string; chunks: number; updatedAt: string }[];
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
