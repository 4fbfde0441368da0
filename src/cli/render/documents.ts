/**
 * What `rag <command> --json` prints: one JSON document a run, of the interface named like the command. Every function
 * that prints one names its interface, and is checked against it. The package offers this file as `milvus-rag/output`,
 * so it imports nothing.
 *
 * Times are ISO 8601, durations milliseconds, lines and pages are counted from 1. New keys may come with any version.
 */

export type SearchMode = "hybrid" | "dense" | "text";

export type MetadataScalar = string | number | boolean;

export type Metadata = Readonly<Record<string, MetadataScalar | readonly MetadataScalar[]>>;

export interface StoreDocument {
  readonly kind: "embedded" | "milvus-lite" | "milvus";
  readonly location: string;
}

/** On stderr, in place of the document, of a command that failed (exit codes 2, 4 and 130). */
export interface ErrorDocument {
  readonly error: { readonly code: string; readonly message: string; readonly hint: string | null };
}

/** `rag ingest --json`; with `--watch`, one for each change. */
export interface IngestDocument {
  readonly collection: string;
  readonly store: StoreDocument;
  readonly documents: {
    /** Including files that could not be read; an unreadable folder counts as one. */
    readonly found: number;
    readonly added: number;
    readonly changed: number;
    readonly unchanged: number;
    readonly removed: number;
    readonly failed: number;
    /** Without text: nothing of them is stored. Not counted as added or changed. */
    readonly empty: number;
  };
  readonly chunks: {
    readonly written: number;
    /** Sent to the model. */
    readonly embedded: number;
    /** Chunks whose vector came from the collection or the cache. */
    readonly reused: number;
    /** How many of the reused ones came from the cache; not set for none. */
    readonly cached?: number;
    readonly deleted: number;
  };
  readonly failures: readonly { readonly source: string; readonly code: string; readonly message: string }[];
  readonly warnings: readonly string[];
  /** As the embedding provider counted them; `null` where none was asked or it does not say. */
  readonly tokens: number | null;
  /** Of `--dry-run`. */
  readonly plan?: IngestPlan;
  /** Files in folders whose format nobody loads; not set where there are none. */
  readonly leftOut?: readonly { readonly extension: string; readonly files: number }[];
  readonly durationMs: number;
}

/** What an ingest would write, and what that takes. */
export interface IngestPlan extends PlanSum {
  readonly byFormat: readonly (PlanSum & { readonly format: string })[];
  readonly byFolder: readonly (PlanSum & { readonly folder: string })[];
  /** The ten documents with the most tokens. */
  readonly largest: readonly (Omit<PlanSum, "documents"> & { readonly source: string; readonly format: string })[];
}

export interface PlanSum {
  readonly documents: number;
  readonly chunks: number;
  /** Estimated, of what has no vector yet. */
  readonly tokens: number;
  /** In USD; `null` where no model embeds or its price is not known. */
  readonly cost: number | null;
}

/** A passage that was found. */
export interface Hit {
  readonly rank: number;
  /** Higher is better; comparable within one result list only. */
  readonly score: number;
  readonly scores: { readonly dense: number | null; readonly text: number | null; readonly rerank: number | null };
  readonly id: string;
  readonly source: string;
  readonly title: string;
  /** Headings from the outermost to the one that the passage stands under. */
  readonly heading: readonly string[];
  readonly page: number | null;
  readonly startLine: number | null;
  readonly endLine: number | null;
  readonly text: string;
  readonly metadata: Metadata;
  /** Set where the configuration maps the source to an address. */
  readonly url?: string;
  /** The collection that it is from, where several were searched. */
  readonly collection?: string;
  /** With `--expand`: the text before the passage and after it; `null` where there is none. */
  readonly before?: string | null;
  readonly after?: string | null;
  /** First and last line of `before`, `text` and `after` together. */
  readonly shownStartLine?: number | null;
  readonly shownEndLine?: number | null;
}

/** `rag search --json` */
export interface SearchDocument {
  readonly query: string;
  readonly collection: string;
  readonly mode: SearchMode;
  readonly durationMs: number;
  readonly hits: readonly Hit[];
}

/** A passage that an answer cites. */
export interface Citation {
  /** Its number in the answer: `[n]`. */
  readonly n: number;
  readonly source: string;
  readonly heading: readonly string[];
  readonly page: number | null;
  /** The lines of the quote where they are known, else those of the passage. */
  readonly startLine: number | null;
  readonly endLine: number | null;
  readonly quote: string;
  /** Every statement that cites the passage has its words and its figures there. */
  readonly verified: boolean;
  /** The same as `verified`. */
  readonly supported: boolean;
  /** What the first statement that the passage does not bear out lacks there; `null` where all are borne out. */
  readonly why: string | null;
  readonly url?: string;
}

/** `rag ask --json` */
export interface AskDocument {
  readonly question: string;
  /** With `--continue`: what was searched for, the question made to stand alone. */
  readonly standalone?: string;
  readonly answer: string;
  readonly refused: boolean;
  /** `provider/model` */
  readonly model: string;
  readonly usage: { readonly inputTokens: number; readonly outputTokens: number } | null;
  readonly citations: readonly Citation[];
  /** The passages as the model saw them; `hits[n - 1]` is the passage `[n]`. */
  readonly hits: readonly Hit[];
  /** Where `refused`, the places that come nearest to an answer; else empty. */
  readonly closest: readonly Hit[];
  readonly durationMs: number;
}

/** `rag ask --dry-run --json` */
export interface PlannedAnswerDocument {
  readonly question: string;
  readonly model: string;
  readonly messages: readonly { readonly role: "system" | "user" | "assistant"; readonly content: string }[];
  /** Estimated. */
  readonly tokens: number;
  readonly hits: readonly Hit[];
}

/** `rag get --json` */
export interface PassageDocument {
  readonly collection: string;
  readonly source: string;
  readonly title: string;
  readonly format: string;
  readonly heading: readonly string[];
  readonly page: number | null;
  readonly startLine: number | null;
  readonly endLine: number | null;
  /** The chunks that it was read from. */
  readonly ids: readonly string[];
  readonly text: string;
  /** With `--expand`: the text before and after; `null` where there is none. */
  readonly before: string | null;
  readonly after: string | null;
  readonly metadata: Metadata;
}

/** `rag open --json` */
export interface OpenedDocument {
  readonly opened: { readonly source: string; readonly page: number | null; readonly startLine: number | null };
}

export interface CollectionSummary {
  readonly name: string;
  /** `null` where it is not known how many. */
  readonly documents: number | null;
  readonly chunks: number | null;
  /** `null`: it has no vectors. Of a collection that another program made, the model is not known. */
  readonly embedding: {
    readonly provider: string | null;
    readonly model: string | null;
    readonly dimensions: number | null;
  } | null;
  readonly analyzer: string | null;
  readonly createdAt: string | null;
  readonly updatedAt: string | null;
}

/** `rag collections list --json` */
export interface CollectionsDocument {
  readonly store: StoreDocument;
  readonly collections: readonly CollectionSummary[];
}

/** What a collection remembers of how it was made; values are `null` where another program made it. */
export interface Manifest {
  readonly schemaVersion: number | null;
  readonly embedding: {
    readonly provider: string | null;
    readonly model: string | null;
    readonly dimensions: number | null;
    readonly queryPrefix: string | null;
    readonly documentPrefix: string | null;
  } | null;
  readonly metric: string | null;
  readonly analyzer: string | null;
  readonly analysis?: number;
  readonly chunking: Readonly<Record<string, string | number>> | null;
  readonly toolVersion: string | null;
  readonly createdAt: string | null;
  readonly project?: string;
}

/** `rag collections show --json` */
export interface CollectionDocument extends CollectionSummary {
  readonly manifest: Manifest;
  readonly index: readonly { readonly name: string; readonly type: string; readonly rows: number | null }[];
  readonly sizeBytes: number | null;
}

/** `rag collections sources --json` */
export interface SourcesDocument {
  readonly collection: string;
  readonly sources: readonly {
    readonly source: string;
    readonly title: string;
    readonly chunks: number;
    readonly updatedAt: string | null;
  }[];
}

/** `rag collections drop --json`; `null` where the user said no. */
export interface DroppedDocument {
  readonly dropped: string | null;
}

/** `rag collections copy --json` */
export interface CopyDocument {
  readonly from: StoreDocument & { readonly collection: string };
  readonly to: StoreDocument & { readonly collection: string };
  readonly chunks: number;
  readonly verified: true;
  readonly failures: readonly { readonly source: string; readonly message: string }[];
  readonly durationMs: number;
}

/** Both bounds of a 95 % interval. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** `null`: there was nothing to measure. */
export type Measures = Readonly<Record<string, number | null>>;

export interface EvaluatedModes {
  /** By mode: each measure (`recall@5`, `ndcg@10`), and those of answers where they were evaluated. */
  readonly modes: Readonly<Record<string, EvaluatedMode>>;
  /** By mode and measure. */
  readonly intervals: Readonly<Record<string, Readonly<Record<string, Interval | null>>>>;
  readonly comparisons: readonly EvalComparison[];
}

export interface EvaluatedMode {
  readonly answers: AnswerMeasures | null;
  readonly [measure: string]: number | null | AnswerMeasures;
}

/** Shares between 0 and 1; `null` where there was nothing to measure. */
export interface AnswerMeasures {
  readonly contains: number | null;
  readonly f1: number | null;
  /** Share of citations that their passage supports. */
  readonly citationSupport: number | null;
  readonly refusalPrecision: number | null;
  readonly refusalRecall: number | null;
  /** Share of answerable questions that were refused. */
  readonly falseRefusals: number | null;
}

export interface MeasuredDifference {
  /** Mean of `to` less mean of `from`. */
  readonly difference: number;
  readonly interval: Interval;
  /** Questions at which `to` is better, at which it is worse, and at which both are equal. */
  readonly wins: number;
  readonly losses: number;
  readonly ties: number;
}

/** Two modes, question by question. */
export interface EvalComparison {
  readonly from: string;
  readonly to: string;
  readonly measures: Readonly<Record<string, MeasuredDifference>>;
}

/** `rag eval --json` */
export interface EvalDocument extends EvaluatedModes {
  readonly set: string;
  readonly questions: number;
  /** Questions with a relevant document: those that retrieval is measured by. */
  readonly judged: number;
  readonly k: number;
  /** `name`: `null` where the collection was made for the evaluation. */
  readonly collection: { readonly name: string | null; readonly documents: number };
  /** With `--compare`. */
  readonly compare: (EvaluatedModes & { readonly config: string }) | null;
  readonly gate: {
    readonly passed: boolean;
    readonly failed: readonly {
      readonly mode: string;
      readonly measure: string;
      readonly value: number | null;
      readonly required: number;
      readonly reason: "min" | "baseline";
    }[];
  };
  /** Documents that the set names and the collection does not have. */
  readonly missing: readonly string[];
  readonly durationMs: number;
  /** With `--verbose`: by mode. */
  readonly results?: Readonly<Record<string, readonly QuestionOutcome[]>>;
}

export interface QuestionOutcome {
  readonly id: string;
  readonly question: string;
  readonly expected: readonly string[];
  readonly found: readonly string[];
  readonly measures: Measures | null;
  readonly answer: { readonly text: string; readonly refused: boolean } | null;
}

/** `rag eval --make --json` */
export interface MadeSetDocument {
  readonly set: string;
  readonly collection: string;
  readonly questions: number;
  readonly wanted: number;
  readonly model: string;
}

/** `rag trust --json` */
export interface TrustDocument {
  readonly file: string;
  readonly trusted: boolean;
  readonly asks: readonly { readonly setting: string; readonly what: string }[];
}

/** `rag doctor --json` */
export interface DoctorDocument {
  readonly checks: readonly {
    readonly name: string;
    readonly status: "ok" | "warn" | "fail";
    readonly message: string;
    readonly hint: string | null;
  }[];
}

/** `rag init --json` */
export interface InitDocument {
  readonly file: string;
  /** What the configuration file says now. */
  readonly settings: object;
  readonly found: {
    readonly files: readonly { readonly extension: string; readonly count: number }[];
    readonly mainFolder: string;
    readonly keys: readonly {
      readonly provider: string;
      readonly variable: string;
      readonly embeds: boolean;
      readonly chats: boolean;
    }[];
    readonly milvus: boolean;
    readonly ollama: boolean;
    readonly python: boolean;
  };
}

/** A line of `rag ask --batch`: an answer, or the failure of one question. */
export type BatchLine = (
  | AskDocument
  | {
      readonly question: string;
      readonly error: { readonly code: string; readonly message: string; readonly hint: string | null } | null;
      readonly durationMs: number;
    }
) & {
  /** As in the line that asked. */
  readonly id?: string | number;
  readonly filter?: readonly string[];
};
