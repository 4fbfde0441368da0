import { encodedTerms } from "../../../text/analysis/encoded-terms.ts";
import { MAX_HITS, type MilvusDialect } from "../dialect.ts";
import { VECTOR_FIELD } from "../schema.ts";
import { checkLiteIndex } from "./indexes.ts";
import { isLiteAnalyzer, liteAnalyzers } from "./terms.ts";

/** Rows with a vector and their text: they stay below the 256 MB that Milvus Lite sends at once. */
const WHOLE_ROWS = 5_000;

/** What numpy and faiss, which read the file of an index, say of one that a killed engine left half written. */
const halfWritten = /could only read|no data left|fully written|EOF|read error|magic/i;

/** Milvus Lite as this tool runs it: one engine, whose files are on this machine. */
export const liteDialect: MilvusDialect = {
  product: "Milvus Lite",
  bm25: true,
  templates: false,
  slowMetadataFilters: true,
  maxHits: MAX_HITS,
  pages: { order: "position", rows: Infinity, wholeRows: WHOLE_ROWS },
  bm25Sign: -1,
  isOwnEngine: true,
  severalWriters: false,
  replaces: "rename",
  // Its tokenizer takes runs of letters and digits for words, and knows no other.
  termsAnalyzer: { tokenizer: "standard" },
  encodeTerms: encodedTerms,
  prepareWords: (analyzer, words) => (isLiteAnalyzer(analyzer) ? liteAnalyzers[analyzer](words) : words),
  // Its AUTOINDEX is an HNSW graph that hides rows from filtered searches: of 10,000 rows, the only one that met the
  // filter was found in 1 of 40 searches.
  autoIndex: "FLAT",
  exactIndexes: ["FLAT"],
  interimIndexes: false,
  checkIndex: checkLiteIndex,
  damagedIndex: (message) => (halfWritten.test(message) ? VECTOR_FIELD : null),
  hintWhenUnloadable: (name) => `make it anew: rag ingest … --recreate, or drop it: rag collections drop ${name}`,
  documentIndex: null,
  describesFunctions: true,
  flushesWrites: true,
};

/** A Milvus Lite that someone else serves: others may write, and its files are not ours to mend. */
export const servedLiteDialect: MilvusDialect = {
  ...liteDialect,
  isOwnEngine: false,
  severalWriters: true,
  damagedIndex: () => null,
  hintWhenUnloadable: () => null,
};
