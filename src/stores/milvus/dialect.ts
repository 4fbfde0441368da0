import type { Config } from "../../config/schema.ts";

/** What a deployment can do and needs. Everything that differs between deployments is in this file. */
export interface MilvusDialect {
  /** For messages: `Milvus 2.6.4`, `Milvus Lite`. */
  product: string;
  /** BM25 inside the database: Milvus 2.5. */
  bm25: boolean;
  /**
   * Values beside the filter expression: Milvus 2.5.2. The first releases of 2.5 have them too, but drop them from
   * hybrid searches (https://github.com/milvus-io/milvus/issues/38616, mended at the end of 2024).
   */
  templates: boolean;
  /** Conditions on JSON are evaluated row by row: filtering a few more hits here is faster. */
  slowMetadataFilters: boolean;
  /** Hits that one search may return. */
  maxHits: number;
  /**
   * How all rows are read. `rows`: rows in one answer, infinite where all come at once; `wholeRows`: the same for rows
   * that come with their text or vector. `order`: what the next page is found by.
   */
  pages: { order: "key" | "position"; rows: number; wholeRows: number };
  /** -1 where BM25 scores come negated, so that lower is better. */
  bm25Sign: 1 | -1;
  /** The engine runs for this user alone: it loads a collection only to count it, and its own times are read. */
  isOwnEngine: boolean;
  /** Several processes may write a collection at once. */
  severalWriters: boolean;
  /**
   * How a new collection comes into the place of an old one: an alias that is pointed elsewhere, or new names for both.
   * `null`: neither is possible.
   */
  replaces: "alias" | "rename" | null;
  /** `analyzer_params` of the field of the terms: the tokenizer that parts them at white space. */
  termsAnalyzer: { tokenizer: string };
  /** Terms, separated by spaces, as that tokenizer keeps each of them whole. */
  encodeTerms(terms: string): string;
  /** How the words of a question are prepared for a collection of form 1, by the analyzer of its manifest. */
  prepareWords(analyzer: string, words: string): string;
  /** What `AUTOINDEX` stands for: the type of a vector index that finds what it should, also under a filter. */
  autoIndex: string;
  /** Types of vector indexes with which every row that meets a filter is compared, also right after it was written. */
  exactIndexes: readonly string[];
  /**
   * Rows that the index of vectors does not have yet are searched through one that the engine makes in passing, which
   * looks at an eighth of them and takes no parameters.
   */
  interimIndexes: boolean;
  /** Throws `UserError` where the database would take the index of vectors and then fail to build it. */
  checkIndex(index: Pick<Config["milvus"]["index"], "type" | "params">): void;
  /** The field whose index is to be made anew, where loading fails with this message; `null` where none helps. */
  damagedIndex(message: string): string | null;
  /** What to do with a collection that cannot be loaded; `null` where the message alone has to do. */
  hintWhenUnloadable(name: string): string | null;
  /** Type of the index that makes filters by document fast; `null`: there is none. */
  documentIndex: string | null;
  /** Tells which functions a collection has; elsewhere only their output fields are marked. */
  describesFunctions: boolean;
  /** Unflushed rows are searched slowly, and BM25 finds deleted rows until the deletion is flushed. */
  flushesWrites: boolean;
}

/** Milvus's limit for `topk` and for the rows of one query. */
export const MAX_HITS = 16_384;
/** Rows with a vector and their text: they stay below the 100 MB that a server sends at once. */
const WHOLE_ROWS = 1_000;

/** Serverless clusters of Zilliz Cloud return fewer hits than other deployments. */
const SERVERLESS_MAX_HITS = 1024;
const serverlessHost = /^in03-|\.serverless\./;

/**
 * What a server can do, by the version that it gives (`v2.6.4`, `2.5.0-beta`, or `Zilliz Cloud Vector
 * Database(Compatible with Milvus 2.6)`). A version without a patch is the newest of its line; one that does not read
 * as a version is taken for the newest of all.
 */
export function serverDialect(version: string, target: string): MilvusDialect {
  const [text = version, ...parts] = /(\d{1,9})\.(\d{1,9})(?:\.(\d{1,9}))?[-.\w]*/.exec(version) ?? [];
  const numbers = parts.length === 0 ? [Infinity, 0, 0] : parts.map((part) => Number(part ?? Infinity));
  const atLeast = (...wanted: [number, number, number]): boolean => {
    for (let index = 0; index < wanted.length; index++) {
      const difference = (numbers[index] ?? 0) - (wanted[index] ?? 0);
      if (difference !== 0) return difference > 0;
    }
    return true;
  };
  return {
    product: `Milvus ${text}`,
    bm25: atLeast(2, 5, 0),
    templates: atLeast(2, 5, 2),
    slowMetadataFilters: false,
    maxHits: serverlessHost.test(target) ? SERVERLESS_MAX_HITS : MAX_HITS,
    pages: { order: "key", rows: MAX_HITS, wholeRows: WHOLE_ROWS },
    bm25Sign: 1,
    isOwnEngine: false,
    severalWriters: true,
    replaces: "alias",
    termsAnalyzer: { tokenizer: "whitespace" },
    encodeTerms: (terms) => terms,
    // The server analyses the question as it analysed the text.
    prepareWords: (_, words) => words,
    autoIndex: "AUTOINDEX",
    // With this type alone, a server makes no index in passing (`IsFlatIndex` in Milvus's internal/core).
    exactIndexes: ["FLAT"],
    interimIndexes: true,
    // A server refuses at once what it cannot build.
    checkIndex() {},
    damagedIndex: () => null,
    hintWhenUnloadable: () => null,
    // `INVERTED` came with Milvus 2.4; before, text had tries alone.
    documentIndex: atLeast(2, 4, 0) ? "INVERTED" : "Trie",
    describesFunctions: true,
    flushesWrites: false,
  };
}

/** The engine of Milvus Lite 2.x, which gives no version and takes no aliases: otherwise the core of Milvus 2.5. */
export function lite2Dialect(target: string): MilvusDialect {
  return {
    ...serverDialect("2.5.0", target),
    product: "Milvus Lite 2.x",
    interimIndexes: false,
    replaces: null,
    describesFunctions: false,
  };
}
