import type { ReadableCollection } from "../../stores/types.ts";

/** The fields that every filter knows. */
const ownFields = ["source", "title", "format", "page", "heading"];

/** Documents whose metadata is looked at. */
const sampleSize = 50;

/** The names that a filter can use. */
export interface FieldNames {
  names: string[];
  /** How many documents were looked at, and whether that is all of them. */
  documents: number;
  isComplete: boolean;
}

/** The fields of every passage and the metadata keys of a collection, as far as its first documents tell. */
export async function fieldNames(collection: ReadableCollection): Promise<FieldNames> {
  if (collection.foreign !== undefined) return { names: ownFields, documents: 0, isComplete: false };
  const documents = await collection.documents();
  const sample = documents.slice(0, sampleSize);
  const chunks = await collection.chunksOf(sample.map(({ docId }) => docId));
  const keys = new Set(chunks.flatMap(({ metadata }) => Object.keys(metadata)));
  return {
    names: [...ownFields, ...[...keys].sort()],
    documents: sample.length,
    isComplete: sample.length === documents.length,
  };
}
