import type { AskResult } from "../../pipeline/ask/ask.ts";
import type { Turn } from "../../pipeline/ask/conversation.ts";
import type { Filter } from "../../types.ts";
import type { CollectionPatterns } from "../arguments/collection-patterns.ts";

/** What a conversation is about, as far as it has come. */
export interface ChatState {
  /** One collection by its name; `null` for the configured one. Not looked at where several are named. */
  collection: string | null;
  several: CollectionPatterns | null;
  /** Conditions, as written and as understood. */
  filters: { written: string; filter: Filter }[];
  /** What follow-up questions refer to, the oldest first. */
  turns: Turn[];
  /** The answers of this run, the oldest first. */
  results: AskResult[];
}

/** How the collections are called, for people. */
export function collectionsOf({ collection, several }: ChatState, configured: string): string {
  return several === null ? (collection ?? configured) : several.patterns.join(",");
}
