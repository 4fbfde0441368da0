import type { ReadableCollection, ScoredChunk } from "../../stores/types.ts";
import type { QueryEmbedder } from "../embed/open-model.ts";
import type { Filter, FusionMethod, SearchMode } from "../../types.ts";
import type { Constraint } from "./query/constraints.ts";
import type { Reranking } from "./rerank/reranking.ts";

/** What every stage of a search can look at. */
export interface StageQuery {
  collection: ReadableCollection;
  /** Turns a question into a vector of the collection's model; `null` where that model cannot be used. */
  embedQuery: QueryEmbedder | null;
  /** The question as asked. */
  question: string;
  /** The question as it is searched for. */
  text: string;
  /** What a passage has to hold, or must not; `null` where the question does not say. */
  meets: Constraint | null;
  /** The question without its stop words. */
  terms: string;
  mode: SearchMode;
  /** How a hybrid search makes one list of two. */
  fusion: FusionMethod;
  filters: Filter[];
  /** Hits that the first stage brings: the largest number that a later stage chooses from. */
  candidates: number;
  /** Hits that the search returns at most. */
  topK: number;
  /** Hits that score lower are left out; `null` keeps all. */
  minScore: number | null;
  /** `null`: no model ranks the hits anew. */
  reranking: Reranking | null;
}

/** One step of a search: takes hits in their order, the best first, and gives hits in theirs. */
export interface Stage {
  readonly name: string;
  /** The search modes in which the stage runs. */
  readonly modes: readonly SearchMode[];
  /** How many hits the stage chooses from to find `topK`; as many as are wanted where it is not set. */
  candidates?(topK: number, query: Pick<StageQuery, "reranking">): number;
  run(hits: ScoredChunk[], query: StageQuery): ScoredChunk[] | Promise<ScoredChunk[]>;
}
