import { ExitCode, UserError } from "../../errors.ts";
import { untilAborted } from "../../util/until-aborted.ts";
import type { CommandContext } from "../context.ts";
import { collectionPatterns, withoutCollection } from "../arguments/collection-patterns.ts";
import { parseFilter } from "../arguments/filters.ts";
import type { Override } from "../../config/load.ts";
import { type RetrievalFlags, type SearchFormat, given, retrievalOverrides } from "../arguments/flags.ts";
import { readQuery } from "../arguments/input.ts";
import { renderSearch } from "../render/search/search-results.ts";
import { withUrls } from "../../pipeline/links/with-urls.ts";
import { linkOptions, withRuntime } from "../runtime.ts";
import { openRetrieval } from "./retrieval.ts";
import { openRetrievals } from "./several-collections.ts";

export interface SearchFlags extends RetrievalFlags {
  /** As given; `-` stands for standard input. */
  query: string;
  minScore?: number;
  format?: SearchFormat;
  /** Passages on either side, or the whole section, to show with each hit. */
  expand?: number | "section";
  full?: boolean;
  print0?: boolean;
}

/** `rag search`: exits with 1 where nothing is found. */
export async function search(flags: SearchFlags, context: CommandContext): Promise<ExitCode> {
  const format = formatOf(flags);
  const filters = flags.filter.map(parseFilter);
  const several = collectionPatterns(flags.collection, flags.boost);
  const query = await readQuery(flags.query, context);
  const common = several === null ? flags : withoutCollection(flags);
  return withRuntime(common, searchOverrides(flags), context, (runtime) =>
    untilAborted(
      (async () => {
        const started = performance.now();
        const minScore = runtime.config.search.minScore ?? null;
        const request = { filters, minScore, rerank: flags.rerank };
        const retrieval = await (several === null
          ? openRetrieval(runtime, request, context)
          : openRetrievals(runtime, several, request, context));
        const { mode, hits: found } = await retrieval.search(query, {
          syntax: "query",
          ...(flags.expand === undefined ? {} : { expand: flags.expand }),
        });
        const { hits } = await withUrls({ hits: found }, linkOptions(runtime));
        const durationMs = Math.round(performance.now() - started);
        const result = { query, collection: retrieval.collection, mode, durationMs, hits };
        const conditions = { filters: flags.filter, minScore };
        const print0 = flags.print0 ?? false;
        const view = { full: flags.full ?? false, conditions, folders: runtime.environment, print0 };
        await renderSearch(result, format, view, context.output);
        return hits.length === 0 ? ExitCode.no : ExitCode.done;
      })(),
      context.signal,
    ),
  );
}

function formatOf(flags: SearchFlags): SearchFormat {
  if (flags.print0) {
    if (!flags.json && (flags.format ?? "paths") === "paths") return "paths";
    throw new UserError("usage", "--print0 is for --format paths alone", { hint: "leave the other format out" });
  }
  if (!flags.json) return flags.format ?? "table";
  if (flags.format === undefined || flags.format === "json") return "json";
  throw new UserError("usage", `--json and --format ${flags.format} contradict each other`, {
    hint: "--json is --format json",
  });
}

function searchOverrides(flags: SearchFlags): Override[] {
  return [...retrievalOverrides(flags), ...given([["search.minScore", flags.minScore, "--min-score"]])];
}
