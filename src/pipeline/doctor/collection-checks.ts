import { isDeepStrictEqual } from "node:util";
import type { Collection, ReadableCollection, Store } from "../../stores/types.ts";
import { findCollection } from "../collections/collections.ts";
import { type ConfiguredModel, describeEmbedding, modelForIngest, modelForSearch } from "../embed/model-choice.ts";
import { isOutdated } from "../ingest/upgrade.ts";
import { type Examination, type Finding, ok, warn } from "./check.ts";

export interface CollectionToCheck {
  store: Store;
  name: string;
  /** The configured model. */
  embedding: ConfiguredModel;
  /** How an ingest would cut now: the strategy, and the settings that it looks at. */
  chunking: Record<string, string | number>;
}

/** What can be said of a collection: that it is there and whole, and fits the configuration. */
export function collectionExaminations({ store, name, embedding, chunking }: CollectionToCheck): Examination[] {
  let opening: Promise<ReadableCollection> | null = null;
  const open = (): Promise<ReadableCollection> => (opening ??= findCollection(store, name));
  const ofCollection = (
    about: string,
    look: (collection: ReadableCollection) => Finding | Promise<Finding>,
  ): Examination => ({ name: `collection ${about}`, after: "collection", look: async () => look(await open()) });
  return [
    {
      name: "collection",
      after: "store",
      look: async () => {
        if ((await store.list()).length === 0) {
          return warn(`${store.location} holds no collection yet`, "make one with: rag ingest <paths...>");
        }
        return describeCounts(await open());
      },
    },
    ofCollection("rows", (collection) =>
      collection.foreign === undefined ? rowsOf(collection) : foreignRows(collection),
    ),
    ofCollection("model", (collection) => {
      if (collection.foreign === undefined) modelForIngest(collection, embedding);
      else modelForSearch(collection, embedding, null);
      return ok(describeEmbedding(collection.manifest.embedding));
    }),
    ofCollection("chunking", (collection) => {
      if (collection.foreign !== undefined || isDeepStrictEqual(collection.manifest.chunking, chunking)) {
        return ok("as configured");
      }
      return warn(
        `made with ${describeSettings(collection.manifest.chunking)}; configured is ${describeSettings(chunking)}`,
        "the next ingest cuts with what is configured; to have one for all: rag ingest --recreate <paths...>",
      );
    }),
  ];
}

async function describeCounts(collection: ReadableCollection): Promise<Finding> {
  const { documents, chunks, gap } = await collection.overview();
  const counts = `${collection.name}: ${counted(documents, "document")}, ${counted(chunks, "chunk")}, search by ${collection.modes.join(", ")}`;
  return gap === null ? ok(counts) : warn(`${counts}; ${gap}`);
}

async function rowsOf(collection: Collection): Promise<Finding> {
  if (isOutdated(collection.manifest)) {
    return warn(
      "written by an earlier version, and searched less well",
      "the next ingest rewrites them, and embeds nothing again: rag ingest <paths...>",
    );
  }
  const expected = (await collection.documents()).reduce((sum, { docChunks }) => sum + docChunks, 0);
  const stored = await collection.countChunks();
  if (stored === expected) return ok(`${stored}, as many as the documents have`);
  const what = stored < expected ? `${expected - stored} are missing` : `${stored - expected} belong to no document`;
  return warn(`the last ingest did not finish: ${what}`, "run it again: rag ingest <paths...>");
}

function foreignRows({ foreign }: ReadableCollection): Finding {
  const missing = foreign?.missing ?? [];
  if (missing.length === 0) return ok("made by another program; read, and never written");
  return warn(`made by another program; to search it, configure: ${missing.join("; ")}`);
}

function describeSettings(settings: Record<string, string | number>): string {
  return Object.entries(settings)
    .map(([name, value]) => `${name} ${JSON.stringify(value)}`)
    .join(", ");
}

/** `null` where the store does not tell. */
function counted(count: number | null, noun: string): string {
  return `${count ?? "?"} ${noun}${count === 1 ? "" : "s"}`;
}
