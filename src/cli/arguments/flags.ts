import type { Override } from "../../config/load.ts";
import { noReranker } from "../../config/model-name.ts";
import type { SearchMode } from "../../types.ts";

/**
 * Flags as written: what the parser understood, each value checked for its form, none filled in. What a command runs
 * with is the configuration that they are merged into. Flags of one command stand with the command.
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

export const searchFormats = ["table", "json", "ndjson", "csv", "markdown", "paths"] as const;

export type SearchFormat = (typeof searchFormats)[number];

/** What `search` and `ask` share. */
export interface RetrievalFlags extends CommonFlags {
  topK?: number;
  mode?: SearchMode;
  /** Conditions as written. */
  filter: string[];
  rerank?: RerankFlag;
  /** Of `--boost`: how much the ranks of a collection count. */
  boost?: ReadonlyMap<string, number>;
}

/** `--rerank` alone is `true`, `--no-rerank` is `false`. */
export type RerankFlag = string | boolean;

export interface CollectionFlags extends CommonFlags {
  name: string;
}

/** The settings that these flags stand for, those given only. */
export function given(entries: readonly [path: string, value: unknown, origin: string][]): Override[] {
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

export function retrievalOverrides(flags: RetrievalFlags): Override[] {
  return given([
    ["search.topK", flags.topK, "--top-k"],
    ["search.mode", flags.mode, "--mode"],
    ...rerankSetting(flags.rerank),
  ]);
}

/** What the flag says of `search.rerank`; alone, `--rerank` leaves it to the configuration. */
export function rerankSetting(flag: RerankFlag | undefined): [string, unknown, string][] {
  if (typeof flag === "string") return [["search.rerank", flag, "--rerank"]];
  return flag === false ? [["search.rerank", noReranker, "--no-rerank"]] : [];
}
