import type { Config } from "../../config/schema.ts";
import { UserError } from "../../errors.ts";
import { checkLiteIndex } from "./lite/indexes.ts";
import { type LiteAnalyzer, liteAnalyzers } from "./lite/terms.ts";
import type { StoreKind } from "../types.ts";

/** An analyzer for the BM25 function of a new collection. */
export interface AnalyzerChoice {
  /** What the manifest calls it. */
  name: string;
  /** `analyzer_params` of the field that BM25 reads. */
  params: object;
}

/** What a deployment can do and wants; everything that differs between them is said here. */
export interface MilvusDialect {
  kind: Exclude<StoreKind, "embedded">;
  /** For messages: `Milvus 2.6.4`, `Milvus Lite`. */
  product: string;
  /** BM25 inside the database: Milvus 2.5. */
  bm25: boolean;
  /**
   * Values beside the filter expression: Milvus 2.5.2. The first releases of 2.5 have them too, but drop them from
   * hybrid searches (https://github.com/milvus-io/milvus/issues/38616, mended at the end of 2024).
   */
  templates: boolean;
  /** Conditions on JSON are evaluated row by row, slower than a few more hits are sorted out here. */
  slowMetadataFilters: boolean;
  /** Hits that one search may return. */
  maxHits: number;
  /** Rows that one query may return, ordered by key; `null`: all of them, in no order. */
  queryWindow: number | null;
  /** BM25 scores come with their sign turned. */
  negatedBm25: boolean;
  /** Text is prepared for BM25 before it is sent, in a field of its own. */
  preparesTerms: boolean;
  /** What `AUTOINDEX` stands for: the type of a vector index that finds what it should, also under a filter. */
  autoIndex: string;
  /** Throws `UserError` where the database would take the index of vectors and then fail to build it. */
  checkIndex(index: Pick<Config["milvus"]["index"], "type" | "params">): void;
  /** Type of the index that makes filters by document fast; `null`: there is none. */
  documentIndex: string | null;
  /** Tells which functions a collection has; elsewhere only their output fields are marked. */
  describesFunctions: boolean;
  /** What is not flushed is searched slowly, and BM25 still finds rows whose deletion is not. */
  flushesWrites: boolean;
  /** The analyzers to try for a new collection, the best first; one where the user named it. */
  analyzers(wanted: string | undefined): AnalyzerChoice[];
}

const MAX_HITS = 16_384;

export const liteDialect: MilvusDialect = {
  kind: "milvus-lite",
  product: "Milvus Lite",
  bm25: true,
  templates: false,
  slowMetadataFilters: true,
  maxHits: MAX_HITS,
  queryWindow: null,
  negatedBm25: true,
  preparesTerms: true,
  // Its AUTOINDEX is an HNSW graph that hides what a filter leaves over: of 10,000 rows, one that met it was found in 1
  // of 40 searches.
  autoIndex: "FLAT",
  checkIndex: checkLiteIndex,
  documentIndex: null,
  describesFunctions: true,
  flushesWrites: true,
  analyzers(wanted = "english") {
    if (!isLiteAnalyzer(wanted)) {
      throw new UserError("analyzer", `Milvus Lite has no analyzer ${JSON.stringify(wanted)}`, {
        hint: `those that it has: ${Object.keys(liteAnalyzers).join(", ")} (\`milvus.analyzer\`)`,
      });
    }
    return [{ name: wanted, params: { tokenizer: "standard" } }];
  },
};

export function isLiteAnalyzer(name: string): name is LiteAnalyzer {
  return Object.hasOwn(liteAnalyzers, name);
}

/** Serverless clusters of Zilliz Cloud return fewer hits than other deployments. */
const SERVERLESS_MAX_HITS = 1024;
const serverlessHost = /^in03-|\.serverless\./;

/**
 * What a server can do, by the version that it gives (`v2.6.4`, `2.5.0-beta`, or `Zilliz Cloud Vector
 * Database(Compatible with Milvus 2.6)`). A version without a patch is the newest of its line; one that does not read
 * as a version is taken for the newest of all.
 */
export function serverDialect(version: string, target: string): MilvusDialect {
  const [text = version, ...parts] = /(\d+)\.(\d+)(?:\.(\d+))?[-.\w]*/.exec(version) ?? [];
  const numbers = parts.length === 0 ? [Infinity, 0, 0] : parts.map((part) => Number(part ?? Infinity));
  const atLeast = (...wanted: [number, number, number]): boolean => {
    for (let index = 0; index < wanted.length; index++) {
      const difference = (numbers[index] ?? 0) - (wanted[index] ?? 0);
      if (difference !== 0) return difference > 0;
    }
    return true;
  };
  return {
    kind: "milvus",
    product: `Milvus ${text}`,
    bm25: atLeast(2, 5, 0),
    templates: atLeast(2, 5, 2),
    slowMetadataFilters: false,
    maxHits: serverlessHost.test(target) ? SERVERLESS_MAX_HITS : MAX_HITS,
    queryWindow: MAX_HITS,
    negatedBm25: false,
    preparesTerms: false,
    autoIndex: "AUTOINDEX",
    // A server knows its own types best, and refuses others at once.
    checkIndex() {},
    // `INVERTED` came with Milvus 2.4; before, text had tries alone.
    documentIndex: atLeast(2, 4, 0) ? "INVERTED" : "Trie",
    describesFunctions: true,
    flushesWrites: false,
    analyzers(wanted) {
      if (wanted !== undefined) return [serverAnalyzer(wanted)];
      const names = atLeast(2, 5, 11) ? ["icu", "english"] : ["english"];
      return names.map(serverAnalyzer);
    },
  };
}

/** The engine of Milvus Lite 2.x, which gives no version and takes no aliases: otherwise the core of Milvus 2.5. */
export function lite2Dialect(target: string): MilvusDialect {
  return { ...serverDialect("2.5.0", target), product: "Milvus Lite 2.x", describesFunctions: false };
}

/** https://milvus.io/docs/analyzer-overview.md */
function serverAnalyzer(name: string): AnalyzerChoice {
  switch (name) {
    case "icu":
      // Words of every language; English ones by their stems. The tokenizer keeps spaces and punctuation.
      return {
        name,
        params: {
          tokenizer: "icu",
          filter: ["lowercase", "asciifolding", "removepunct", { type: "stemmer", language: "english" }],
        },
      };
    case "english":
      // The server's own analyzer of that name, which tells "Zürich" from "Zurich", and `asciifolding`.
      return {
        name,
        params: {
          tokenizer: "standard",
          filter: [
            "lowercase",
            "asciifolding",
            { type: "stemmer", language: "english" },
            { type: "stop", stop_words: ["_english_"] },
          ],
        },
      };
    case "standard":
    case "chinese":
      return { name, params: { type: name } };
    default:
      return { name, params: { tokenizer: name, filter: ["lowercase"] } };
  }
}
