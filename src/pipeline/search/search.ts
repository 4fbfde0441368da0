import { UserError } from "../../errors.ts";
import { sectionNames } from "../../filters/heading-names.ts";
import type { ScoredChunk } from "../../stores/types.ts";
import { searchTerms } from "../../text/search-terms.ts";
import { type Filter, type FusionMethod, type Hit, type SearchMode, usualFusion } from "../../types.ts";
import { modeForSearch } from "../embed/model-choice.ts";
import { type Extent, refuseForeign, surroundingsOf } from "../passages/surroundings.ts";
import { cut } from "./cut.ts";
import { headingBoost } from "./heading-boost.ts";
import { parseQuery, plainQuery } from "../../text/query/parse-query.ts";
import { constraintOf } from "./query/constraints.ts";
import { understand } from "./query/understand.ts";
import { rerank } from "./rerank/rerank.ts";
import type { Reranking } from "./rerank/reranking.ts";
import { retrieve } from "./retrieve.ts";
import type { Stage, StageQuery } from "./stage.ts";

/** What a search does, in this order. */
const stages = [retrieve, headingBoost, rerank, cut] as const satisfies readonly Stage[];

/** A stage that a search can do without. */
export type OptionalStage = Exclude<(typeof stages)[number], typeof retrieve | typeof cut>["name"];

export interface SearchParts extends Pick<StageQuery, "collection" | "embedQuery"> {
  /** A model that ranks the best hits anew; none where it is not set. */
  reranking?: Reranking | null;
}

export interface SearchQuery {
  query: string;
  /** `null`: the best mode that the collection and the configured model can serve. */
  mode: SearchMode | null;
  /** How a hybrid search makes one list of two; the usual way where it is not set. */
  fusion?: FusionMethod;
  topK: number;
  filters: Filter[];
  /** Hits that score lower are left out; `null` keeps all. */
  minScore: number | null;
  /**
   * `query`: `"a phrase"` has to stand in a passage, `-word` must not. `question`: natural language, in which such
   * signs mean what they mean in a text. Not set: `question`.
   */
  syntax?: "query" | "question";
  /** Told where something else was searched for than was written. */
  onNotice?(message: string): void;
  /** Whether a collection that is searched at the same time holds a word; not set where this one is searched alone. */
  isHeldElsewhere?(word: string): Promise<boolean>;
  /** How much of the text around each hit to show; nothing where it is not set. */
  expand?: Extent;
  /** Stages to leave out. */
  without?: readonly OptionalStage[];
  /** Called after each stage with its duration in milliseconds and the number of hits that it left. */
  onStage?(name: string, durationMs: number, hits: number): void;
}

/**
 * The passages that answer a query best, the best first. Throws `UserError` where the query is empty or the mode cannot
 * be served.
 */
export async function search(parts: SearchParts, request: SearchQuery): Promise<{ mode: SearchMode; hits: Hit[] }> {
  const { filters, fusion = usualFusion, minScore, topK, without = [] } = request;
  const text = request.query.toWellFormed().trim();
  if (text === "") {
    throw new UserError("empty-query", "the query is empty", {
      hint: 'say what to look for: rag search "How is data stored?"',
    });
  }
  if (request.expand !== undefined) refuseForeign(parts.collection);
  const mode = modeForSearch(parts.collection, request.mode, parts.embedQuery !== null);
  const { reranking = null } = parts;
  const left = new Set<string>(reranking === null ? [...without, rerank.name] : without);
  const running: Stage[] = stages.filter((stage: Stage) => stage.modes.includes(mode) && !left.has(stage.name));
  const candidates = Math.max(...running.map((stage) => stage.candidates?.(topK, { reranking }) ?? topK));
  const parsed = request.syntax === "query" ? parseQuery(text) : plainQuery(text);
  const asked: StageQuery = {
    ...parts,
    reranking,
    question: text,
    text: parsed.text,
    meets: constraintOf(parsed),
    terms: searchTerms(parsed.text),
    mode,
    fusion,
    filters,
    candidates,
    topK,
    minScore,
  };

  async function run(stage: Stage, hits: ScoredChunk[], query: StageQuery): Promise<ScoredChunk[]> {
    const started = performance.now();
    const found = await stage.run(hits, query);
    request.onStage?.(stage.name, performance.now() - started, found.length);
    return found;
  }
  const [first = retrieve, ...rest] = running;
  const understood = await understand(asked, parsed, {
    retrieve: (query) => run(first, [], query),
    isQuestion: request.syntax !== "query",
    isHeldElsewhere: request.isHeldElsewhere ?? (async () => false),
    onNotice: request.onNotice ?? (() => {}),
  });
  let found = understood.hits;
  for (const stage of rest) found = await run(stage, found, understood.query);
  const hits = found.map(toHit);
  if (request.expand === undefined) return { mode, hits };
  const started = performance.now();
  const expanded = await Promise.all(found.map(({ chunk }, index) => expandedHit(hits[index] as Hit, chunk)));
  request.onStage?.("expand", performance.now() - started, hits.length);
  return { mode, hits: expanded };

  async function expandedHit(hit: Hit, chunk: ScoredChunk["chunk"]): Promise<Hit> {
    const { before, after, whole } = await surroundingsOf(parts.collection, chunk, request.expand ?? 0);
    return {
      ...hit,
      before: before?.text ?? null,
      after: after?.text ?? null,
      shownStartLine: whole.startLine,
      shownEndLine: whole.endLine,
    };
  }
}

function toHit({ chunk, score, scores }: ScoredChunk, index: number): Hit {
  const { id, source, title, heading, page, startLine, endLine, text, metadata } = chunk;
  return {
    rank: index + 1,
    score,
    scores: { ...scores, rerank: scores.rerank ?? null },
    id,
    source,
    title,
    heading,
    headings: sectionNames(chunk),
    page,
    startLine,
    endLine,
    text,
    metadata,
  };
}
