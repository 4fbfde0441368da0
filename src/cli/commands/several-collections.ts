import { UserError } from "../../errors.ts";
import { matchingNames } from "../../pipeline/collections/matching-names.ts";
import { type CollectionHits, fuseCollections, joinFrequencies } from "../../pipeline/search/across-collections.ts";
import type { SearchMode } from "../../types.ts";
import type { CollectionPatterns } from "../arguments/collection-patterns.ts";
import type { CommandContext } from "../context.ts";
import { withKeptModels } from "../kept-models.ts";
import type { Runtime } from "../runtime.ts";
import { type Retrieval, openRetrieval } from "./retrieval.ts";

type Request = Parameters<typeof openRetrieval>[1];

/**
 * Opens every collection that the patterns stand for, each with its own model, and searches them as one. A collection
 * that cannot be searched is left out with a notice, as long as another one can.
 *
 * Throws `UserError`: `collection-not-found` where a pattern stands for none, `usage` where `--boost` names another one,
 * and the first collection's failure where none can be searched.
 */
export async function openRetrievals(
  runtime: Runtime,
  { patterns, boosts }: CollectionPatterns,
  request: Request,
  context: CommandContext,
): Promise<Retrieval> {
  const names = await matchingNames(await runtime.store("looking"), patterns);
  const stray = [...boosts.keys()].find((name) => !names.includes(name));
  if (stray !== undefined) {
    throw new UserError("usage", `--boost names a collection that is not searched: ${stray}`, {
      hint: `these are: ${names.join(", ")}`,
    });
  }
  const shared = withKeptModels(runtime);
  const { topK = runtime.config.search.topK } = request;
  const opened = await served(names, context, (name) =>
    openRetrieval({ ...shared, config: { ...shared.config, collection: name } }, request, context),
  );
  return {
    collection: opened.map(({ name }) => name).join(","),
    holdsWord: (word) => holdsInAny(opened, word),
    wordFrequencies: async (text) =>
      joinFrequencies(await Promise.all(opened.map(({ result }) => result.wordFrequencies(text)))),
    search: async (query, options) => {
      const byName = new Map(opened.map(({ name, result }) => [name, result]));
      const searched = await served([...byName.keys()], context, (name) => {
        const others = opened.filter((one) => one.name !== name);
        const isHeldElsewhere = (word: string) => holdsInAny(others, word);
        return byName.get(name)!.search(query, { ...options, isHeldElsewhere });
      });
      const lists = searched.map(({ name, result: { hits } }): CollectionHits => ({
        collection: name,
        boost: boosts.get(name) ?? 1,
        hits,
      }));
      return { mode: commonMode(searched.map(({ result }) => result.mode)), hits: fuseCollections(lists, topK) };
    },
  };
}

async function holdsInAny(opened: readonly { result: Retrieval }[], word: string): Promise<boolean> {
  return (await Promise.all(opened.map(({ result }) => result.holdsWord(word)))).includes(true);
}

/** What the work gives for each name; those where it fails are left out, unless it fails for all. */
async function served<Result>(
  names: readonly string[],
  { output, signal }: CommandContext,
  work: (name: string) => Promise<Result>,
): Promise<{ name: string; result: Result }[]> {
  const outcomes = await Promise.allSettled(names.map(work));
  signal.throwIfAborted();
  const failures = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason as unknown] : []));
  const bug = failures.find((error) => !(error instanceof UserError));
  if (bug !== undefined) throw bug;
  if (failures.length === names.length) throw failures[0];
  return outcomes.flatMap((outcome, index) => {
    const name = names[index] ?? "";
    if (outcome.status === "fulfilled") return [{ name, result: outcome.value }];
    output.notice(`collection ${name} is left out: ${(outcome.reason as UserError).message}`);
    return [];
  });
}

/** The mode of all; where they differ, `hybrid` stands for the mixture. */
function commonMode(modes: readonly SearchMode[]): SearchMode {
  const [first = "hybrid", ...rest] = modes;
  return rest.every((mode) => mode === first) ? first : "hybrid";
}
