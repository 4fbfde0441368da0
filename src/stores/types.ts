import type { EmbeddingIdentity, Filter, FusionMethod, SearchMode, StoredChunk, WordFrequencies } from "../types.ts";

export type StoreKind = "embedded" | "milvus-lite" | "milvus";

export type Metric = "cosine" | "ip" | "l2";

/** What a collection remembers about its making. Written once, when it is created. */
export interface Manifest {
  /**
   * The form of the rows. 1: keys without a version, words for BM25 found by the engine. 2: the rows of `StoredChunk`.
   * Collections of form 1 are read, and rewritten by the next ingest.
   */
  schemaVersion: 1 | 2;
  /** `null`: the collection has no vectors, BM25 alone serves. */
  embedding: EmbeddingIdentity | null;
  metric: Metric;
  /** What finds the words for BM25: `multilingual` (this tool), the name of an engine's own analyzer in form 1, or `none`. */
  analyzer: string;
  /** `ANALYSIS_VERSION` of the terms in it; not set in form 1. */
  analysis?: number;
  chunking: Record<string, string | number>;
  toolVersion: string;
  /** ISO 8601. */
  createdAt: string;
  /** The project that its documents are from; not set where nothing tells it from others. */
  project?: string;
}

/** What the schema of a collection tells that another program made; nothing tells the rest. */
export interface ForeignManifest extends Record<
  Exclude<keyof Manifest, "embedding" | "metric" | "analysis" | "project">,
  null
> {
  /** `null`: it has no vectors. Their dimensions are not known where it is not known which field holds them. */
  embedding: (Record<Exclude<keyof EmbeddingIdentity, "dimensions">, null> & { dimensions: number | null }) | null;
  metric: Metric | null;
}

/** What the caller decides of a manifest; the store adds the form of its rows. */
export type NewManifest = Omit<Manifest, "schemaVersion" | "analyzer" | "analysis">;

/** A document of a collection, as people see it listed. */
export interface DocumentSummary {
  source: string;
  title: string;
  /** How many chunks it has. */
  docChunks: number;
  /** Milliseconds since the epoch; `null` where the collection does not tell. */
  updatedAt: number | null;
}

/** A version of a document as it is deleted: by name, and not what somebody wrote later. */
export interface DocumentVersion {
  docId: string;
  docHash: string;
  /** Chunks with a later stamp stay; in milliseconds. */
  updatedAt: number;
}

/** A document's commit record: what row 0 says of it. */
export interface DocumentRecord extends DocumentSummary, DocumentVersion {
  updatedAt: number;
}

/** A chunk behind the first one, as far as it takes to tell whether it belongs to a committed version. */
export interface ChunkRecord extends DocumentVersion {
  ordinal: number;
  writer: string;
}

export interface CollectionStats {
  documents: number;
  chunks: number;
  /** `null` where the store does not tell. */
  sizeBytes: number | null;
  /** One line an index, for people: name, type, state. */
  index: { name: string; type: string; rows: number | null }[];
  /** ISO 8601; `null` where the store does not tell. */
  updatedAt: string | null;
}

/** What can be said of a collection at once, for a list of many. */
export interface CollectionOverview extends Pick<CollectionStats, "updatedAt"> {
  /** `null` where counting them is refused, or would take long. */
  documents: number | null;
  chunks: number | null;
  /** Why something is not known, for people; `null` where all is. */
  gap: string | null;
}

export interface SearchRequest {
  mode: SearchMode;
  /** The question as asked, of which the store looks for the words that carry its subject, in `text` and `hybrid` mode. */
  text: string;
  /** The question's embedding; `null` in `text` mode. */
  vector: Float32Array | null;
  /** In `hybrid` mode, how both lists become one; `usualFusion` where it is not set. */
  fusion?: FusionMethod;
  /** 1 to 16,384. */
  limit: number;
  filters: Filter[];
}

/** What a search reads of a row: not what only the next ingest needs, as each column takes time. */
export type FoundChunk = Omit<StoredChunk, "vector" | "terms" | "language" | "updatedAt" | "writer">;

export interface ScoredChunk {
  chunk: FoundChunk;
  /** Higher is better, whatever the metric. In `hybrid` mode what `stores/shared/fusion.ts` makes of both lists. */
  score: number;
  /** `rerank`: set once a reranker has judged the chunk. */
  scores: { dense: number | null; text: number | null; rerank?: number };
}

/** An open collection, whoever made it; `foreign` tells which. */
export type ReadableCollection = Collection | ForeignCollection;

/** What can be read of every collection. Every method throws a `UserError` (exit code 4) when the store fails. */
interface CollectionReads {
  readonly name: string;
  /** The modes that this collection can serve, the best first. */
  readonly modes: readonly SearchMode[];

  /** Its documents, in no particular order. */
  documents(): Promise<DocumentSummary[]>;
  search(request: SearchRequest): Promise<ScoredChunk[]>;
  /** How rare the words of a text are here; `null` where there is no index of words to ask. */
  wordFrequencies(text: string): Promise<WordFrequencies | null>;
  stats(): Promise<CollectionStats>;
  /** Never loads a collection into the memory of a server that others use. */
  overview(): Promise<CollectionOverview>;
}

/**
 * A collection that another program made. The embedding model is the configured one, as long as the dimensions agree.
 * `missing`: what has to be configured before it can be searched, one line each.
 */
export interface ForeignCollection extends CollectionReads {
  readonly manifest: ForeignManifest;
  readonly foreign: { readonly missing: readonly string[] };
}

export interface UpsertOptions {
  /**
   * No row of these ids is there, and nobody else writes: the engine need not look for them, which takes time in
   * proportion to the collection.
   */
  areNew?: boolean;
}

/** A collection that this tool made. */
export interface Collection extends CollectionReads {
  readonly manifest: Manifest;
  readonly foreign?: undefined;
  /** Other processes may write while this one does. */
  readonly severalWriters: boolean;
  /** The rows of one `upsert` become visible, and survive a crash, all together or not at all. */
  readonly upsertIsAtomic: boolean;

  /** All commit records, in no particular order. */
  documents(): Promise<DocumentRecord[]>;
  /** The chunks of these documents, vectors included: what an ingest can reuse. */
  chunksOf(docIds: readonly string[]): Promise<StoredChunk[]>;
  /** The chunks of one version of a document with these ordinals, `last` included, in their order. */
  passages(
    version: Pick<DocumentVersion, "docId" | "docHash">,
    first: number,
    last: number,
  ): Promise<Omit<StoredChunk, "vector">[]>;
  /**
   * Texts of passages that may hold a word like this one, at most `distance` letters away, for words that occur nowhere:
   * some that do not, and not all that do, as far as the engine can tell.
   */
  textsWithWordLike(word: string, distance: number): Promise<string[]>;
  /** Writes rows whole, replacing those of equal id. After a crash each row is wholly the new one or wholly the old one. */
  upsert(rows: readonly StoredChunk[], options?: UpsertOptions): Promise<void>;
  /** Deletes these versions whole, commit records included. */
  deleteDocuments(versions: readonly DocumentVersion[]): Promise<void>;
  /** Deletes the chunks of these versions from ordinal 1 up: what another version superseded, or was never committed. */
  deleteUncommitted(versions: readonly DocumentVersion[]): Promise<void>;
  /** How many chunks there are, committed or not. */
  countChunks(): Promise<number>;
  /** All chunks from ordinal 1 up, committed or not, in no particular order. */
  chunkRecords(): Promise<ChunkRecord[]>;
  /** Brings indexes up to date and gives back space; called once after an ingest, and quick where there is nothing to do. */
  optimize(): Promise<void>;
}

/** Held while a collection is written. `release` never throws. */
export interface WriterLease {
  release(): Promise<void>;
}

/**
 * What a store is opened for. `writing`: every read sees what was written before it, and a server that restarts is waited
 * for. `looking`: a person waits for the answer, which may miss what was written in the last seconds.
 */
export type StoreUse = "writing" | "looking";

/**
 * A new collection, built beside the one of its name, which readers go on to find until `swap`.
 */
export interface Replacement {
  readonly collection: Collection;
  /** Puts the new collection in the place of the old one, which is dropped. On failure the old one is in its place. */
  swap(): Promise<void>;
  /** Drops what was built, also after a swap that failed. */
  discard(): Promise<void>;
}

/** What runs a store. */
export interface StoreEngine {
  /** For people: `Milvus 2.6.4`, `LanceDB, in this process`. */
  product: string;
  /** What a new collection with vectors could be searched by. */
  modes: readonly SearchMode[];
}

/** Where collections live. Opening costs nothing until the first call; every failure of the store is a `UserError`. */
export interface Store {
  readonly kind: StoreKind;
  /** What the user calls it: a path or an address, without secrets. */
  readonly location: string;
  /** Set where nothing can be written: `create`, `drop` and `lockForWriting` say so, and what to do instead. */
  readonly isReadOnly?: true;

  /**
   * What the first use would have to download and set up, for people; `null` where all is there. Downloads nothing. Throws
   * `UserError` where it could not be set up.
   */
  pendingSetup(): Promise<string | null>;
  /** Asks the engine what it is, which tells that it answers. */
  engine(): Promise<StoreEngine>;
  /** Names in alphabetical order. */
  list(): Promise<string[]>;
  /** `null` where there is no such collection. Throws `UserError` where it is corrupt or not readable by this version. */
  open(name: string): Promise<ReadableCollection | null>;
  /** Fails where the name is taken or not allowed. */
  create(name: string, manifest: NewManifest): Promise<Collection>;
  /**
   * Why no collection of this store can hold the chunk, for people; `null` where it can. Its vector is not looked at.
   * Asked before a write: one row that is refused takes all the others of its request with it.
   */
  refusalOf(chunk: StoredChunk): string | null;
  /**
   * Begins a new collection that will replace the one of this name. Throws `UserError` where that one is not ours, and
   * where the store cannot put one collection in the place of another.
   */
  createBeside(name: string, manifest: NewManifest): Promise<Replacement>;
  /**
   * Brings the collection of a name back to one whole state after a process was killed while it replaced it, and deletes
   * what that process had built. Called by whoever holds the writer's lease; what a living process builds stays.
   */
  recover(name: string): Promise<void>;
  /** Refuses a collection that another program made or that cannot be read, unless told that it is meant. */
  drop(name: string, options?: { evenIfForeign?: boolean }): Promise<void>;
  /**
   * Waits for nobody: a `UserError` that names the holder where another process writes the collection.
   * A holder that died is replaced. Where the store takes several writers, the lease is free.
   */
  lockForWriting(name: string, purpose: string): Promise<WriterLease>;
  close(): Promise<void>;
}
