/** A value that a document's metadata can hold: what a filter can compare. */
export type MetadataScalar = string | number | boolean;

/** A document's own metadata: front matter and `--metadata k=v`. Flat; nested input is flattened to dotted keys. */
export type Metadata = Record<string, MetadataScalar | MetadataScalar[]>;

/** The model that made a collection's vectors; search and ask must use the same one. */
export interface EmbeddingIdentity {
  provider: string;
  model: string;
  dimensions: number;
  /** Put before a question, and before a passage, when it is embedded; empty for most models. */
  queryPrefix: string;
  documentPrefix: string;
}

/** One page, slide or sheet of a document; the whole text of a document that has no pages. */
export interface Page {
  /** Well-formed Unicode (no lone surrogates), lines ended by `\n`. */
  text: string;
  /** Headings that show by their looks alone, in the order of the text; those of Markdown are found in the text. */
  headings?: PageHeading[];
}

/** A heading in the text of a page. */
export interface PageHeading {
  /** Where it begins in the text and where it ends, in UTF-16 units. */
  start: number;
  end: number;
  /** 1 is the highest. */
  level: number;
  text: string;
}

/** A file as a loader understood it. */
export interface Document {
  /** Posix path relative to the project root: the document's identity. */
  source: string;
  /** Loader name: `markdown`, `text`, `pdf`. */
  format: string;
  /** From front matter, the first heading or the PDF's information; the file's name where there is none. */
  title: string;
  metadata: Metadata;
  /**
   * How a place in the document is named for a reader:
   * - `pages`: by the number of the page; the first of `pages` is page 1.
   * - `lines`: by the lines of the file; `pages` holds one page, whose text is the file's text, line by line.
   * - `none`: by neither (a chapter of an e-book, a mail); only headings say where a passage stands.
   */
  places: "pages" | "lines" | "none";
  /**
   * How the text says what belongs together: `markdown` with Markdown's marks; `plain` with blank lines between its
   * paragraphs; `lines` with lines that each stand for themselves (rows of a table, source code).
   */
  markup: "markdown" | "plain" | "lines";
  /** In reading order. */
  pages: Page[];
  /** Characters of front matter at the start of the first page, which structure-aware chunkers leave out. */
  bodyStart: number;
}

/** A passage of a document: the unit that is embedded, stored and found. */
export interface Chunk {
  /** Position in the document, counted from 0 without gaps. */
  ordinal: number;
  text: string;
  /** Headings from the outermost to the one that the passage stands under. */
  heading: string[];
  page: number | null;
  /** First and last line in the file, counted from 1; `null` in a paged document. */
  startLine: number | null;
  endLine: number | null;
}

/** A chunk with all that the store keeps beside it: one row of a collection. */
export interface StoredChunk extends Chunk {
  /** `chunkId(docId, docHash, ordinal)`: 32 hexadecimal digits. */
  id: string;
  /** `documentId(source)`: 32 hexadecimal digits. */
  docId: string;
  source: string;
  title: string;
  format: string;
  metadata: Metadata;
  /**
   * What the passage stands under and does not say itself, ended by a blank line; empty where there is nothing to add.
   * It is indexed and embedded in front of the text, so that a passage deep in a manual is found by its chapter's words.
   */
  context: string;
  /**
   * What BM25 reads of context and text, as `Analyzer.documentTerms` gives it, where it was made ahead of writing. The
   * store makes it where it is missing, and never reads it back.
   */
  terms?: string;
  /** Of the document, as `detectLanguage` names it: decides how the words of context and text are analysed for BM25. */
  language: string;
  /** Hash of everything that decides the document's chunks, its source included; see `pipeline/ingest/document-hash.ts`. */
  docHash: string;
  /** How many chunks the document has. */
  docChunks: number;
  /** When this version was written, in milliseconds since the epoch; the same in all chunks of one attempt to write it. */
  updatedAt: number;
  /** `processIdentity()` of the process that wrote the chunk. */
  writer: string;
  /** Unit length is not required; `null` in a collection without an embedding model. */
  vector: Float32Array | null;
}

export const searchModes = ["hybrid", "dense", "text"] as const;

export type SearchMode = (typeof searchModes)[number];

/** How the two lists of a hybrid search become one; `stores/shared/fusion.ts` says what each does. */
export const fusionMethods = ["scaled", "rrf10", "rrf"] as const;

export type FusionMethod = (typeof fusionMethods)[number];

/** The method where none is named. */
export const usualFusion: FusionMethod = "scaled";

/** How a site writes the addresses of its pages and of their headings. */
export const urlStyles = ["github", "docusaurus", "vitepress"] as const;

export type UrlStyle = (typeof urlStyles)[number];

/** A word of a text as a collection knows it. */
export interface WordFrequency {
  /** As it is written in the text. */
  word: string;
  /** What stands for the word in chunks: any of these; never empty. */
  terms: string[];
  /** How many chunks hold any of the terms. Words of thousands of chunks are not counted to the end. */
  chunks: number;
}

/** How rare the words of a text are in a collection. */
export interface WordFrequencies {
  /** All chunks of the collection. */
  chunks: number;
  /** The languages that the terms were made for, as ISO 639-1 codes. */
  languages: string[];
  /** The words that carry the subject of the text, each once, in order. */
  words: WordFrequency[];
}

/** A passage that was found. */
export interface Hit {
  /** Counted from 1. */
  rank: number;
  /** Higher is better; comparable within one result list only. In `hybrid` mode above 0 and at most 1. */
  score: number;
  /**
   * The scores that `score` was made from, where the store tells them. `dense`: similarity; `text`: BM25; `rerank`: 0 to 1,
   * which is `score` then, `null` where no reranker ran.
   */
  scores: { dense: number | null; text: number | null; rerank: number | null };
  id: string;
  source: string;
  title: string;
  heading: string[];
  /** Names of the sections that the passage is made of: the one that it begins in, and those that begin in it. */
  headings: string[];
  page: number | null;
  startLine: number | null;
  endLine: number | null;
  text: string;
  metadata: Metadata;
  /** Where the passage is published; set where the configuration maps its source to an address. */
  url?: string;
  /** The collection that it is from, where several were searched. */
  collection?: string;
  /** Where it was asked for: the text before the passage and after it; `null` where there is none. */
  before?: string | null;
  after?: string | null;
  /** First and last line of `before`, `text` and `after` together. */
  shownStartLine?: number | null;
  shownEndLine?: number | null;
}

/** The fields of a chunk that a filter reaches by name; every other name is a metadata key. */
export type OwnField = "source" | "title" | "format" | "page" | "heading";

export type FilterField = { kind: "own"; name: OwnField } | { kind: "metadata"; key: string };

export type OrderOperator = "<" | "<=" | ">" | ">=";
export type FilterOperator = "=" | "!=" | "~" | OrderOperator;

/** What `=` and `!=` compare with: the value as written, and the number or boolean that it reads as. */
export interface FilterValue {
  text: string;
  number: number | null;
  boolean: boolean | null;
}

/** A glob in parts: literal text, any run of characters (`*`), one character (`?`). No two runs are neighbours. */
export type Glob = readonly ({ literal: string } | "any" | "one")[];

/**
 * One condition on a chunk; several are combined with AND. `createFilter` makes one from what the user wrote.
 *
 * - `source`, `title`, `format`, `page` and `heading` name the chunk's own fields; any other name is a metadata key
 *   (`metadata.title` reaches a key that shares its name with a field). `heading` is compared as the path joined
 *   with ` > `.
 * - A value that reads as a number compares with numbers; against a stored string only `=` and `!=` apply, on the
 *   value as written. `true` and `false` match booleans and the strings. Other values compare as strings by code point.
 * - Booleans have no order: in metadata, nothing is less or more than `true` or `false`.
 * - On a list, `=` and `~` hold when one element matches, `!=` when none is equal.
 * - `~` is a glob over the whole value: `*` any run, `?` one character, case-sensitive. On `heading` it also holds where it
 *   meets the name of a heading that stands in the passage.
 * - A chunk without the field fails every condition but `!=`.
 */
export type Filter = { field: FilterField } & FilterTest;

/** A condition without its field. */
export type FilterTest =
  | { operator: "=" | "!="; value: FilterValue }
  /** `bound`: stored values of another type do not meet the condition. */
  | { operator: OrderOperator; bound: string | number | boolean }
  | { operator: "~"; glob: Glob };
