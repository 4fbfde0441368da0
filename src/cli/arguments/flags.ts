import type { Override } from "../../config/load.ts";
import type { Metadata, SearchMode } from "../../types.ts";

/**
 * Flags as written: what the parser understood, each value checked for its form, none filled in. What a command runs
 * with is the configuration that they are merged into; see `overridesOf…`.
 */
export interface CommonFlags {
  collection?: string;
  config?: string;
  uri?: string;
  embedding?: string;
  llm?: string;
  json?: boolean;
  quiet?: boolean;
  verbose?: boolean;
  /** `false` with `--no-color`. */
  color: boolean;
}

export interface IngestFlags extends CommonFlags {
  paths: string[];
  filesFrom?: string;
  include: string[];
  exclude: string[];
  strategy?: string;
  maxChars?: number;
  overlapChars?: number;
  separator?: string;
  metadata: Metadata;
  recreate?: boolean;
  /** `true`: `--prune`, `false`: `--no-prune`; not set: what is gone is removed unless that looks like a mistake. */
  prune?: boolean;
  dryRun?: boolean;
  check?: boolean;
  concurrency?: number;
  failFast?: boolean;
}

export type SearchFormat = "table" | "json" | "ndjson" | "csv" | "markdown" | "paths";

/** What `search` and `ask` share. */
export interface RetrievalFlags extends CommonFlags {
  topK?: number;
  mode?: SearchMode;
  /** Conditions as written. */
  filter: string[];
}

export interface SearchFlags extends RetrievalFlags {
  /** As given; `-` stands for standard input. */
  query: string;
  minScore?: number;
  format?: SearchFormat;
  full?: boolean;
}

export interface AskFlags extends RetrievalFlags {
  /** As given; `-` stands for standard input. */
  question: string;
  /** `false` with `--no-stream`. */
  stream: boolean;
  showContext?: boolean;
  prompt?: string;
  maxContextChars?: number;
  strict?: boolean;
}

export interface CollectionFlags extends CommonFlags {
  name: string;
}

export interface DropFlags extends CollectionFlags {
  yes?: boolean;
}

export interface CopyFlags extends CollectionFlags {
  /** Store as written. */
  to: string;
  as?: string;
}

/** The settings that these flags stand for, those given only. */
function given(entries: readonly [path: string, value: unknown, origin: string][]): Override[] {
  return entries.flatMap(([path, value, origin]) => (value === undefined ? [] : [{ path, value, origin }]));
}

export function commonOverrides(flags: CommonFlags): Override[] {
  return given([
    ["collection", flags.collection, "--collection"],
    ["milvus.uri", flags.uri, "--uri"],
    ["embedding", flags.embedding, "--embedding"],
    ["llm", flags.llm, "--llm"],
  ]);
}

export function ingestOverrides(flags: IngestFlags): Override[] {
  return given([
    ["chunking.strategy", flags.strategy, "--strategy"],
    ["chunking.maxChars", flags.maxChars, "--max-chars"],
    ["chunking.overlapChars", flags.overlapChars, "--overlap-chars"],
    ["chunking.separator", flags.separator, "--separator"],
    ["embedding.concurrency", flags.concurrency, "--concurrency"],
  ]);
}

function retrievalOverrides(flags: RetrievalFlags): Override[] {
  return given([
    ["search.topK", flags.topK, "--top-k"],
    ["search.mode", flags.mode, "--mode"],
  ]);
}

export function searchOverrides(flags: SearchFlags): Override[] {
  return [...retrievalOverrides(flags), ...given([["search.minScore", flags.minScore, "--min-score"]])];
}

/** `--prompt` is read from the working folder, so it is no override of a path in the file. */
export function askOverrides(flags: AskFlags): Override[] {
  return [
    ...retrievalOverrides(flags),
    ...given([
      ["ask.maxContextChars", flags.maxContextChars, "--max-context-chars"],
      ["ask.strict", flags.strict, "--strict"],
    ]),
  ];
}
