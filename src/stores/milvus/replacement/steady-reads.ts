import { setTimeout as sleep } from "node:timers/promises";
import { UserError } from "../../../errors.ts";
import { droppedMeanwhile } from "../../shared/refusals.ts";
import type { ReadableCollection } from "../../types.ts";
import { MilvusErrorCode } from "../wire/errors.ts";
import type { DescribedCollection } from "../wire/protocol.ts";

/** Times that a read is made before its failure stands, and milliseconds between them. */
const READS = 5;
const PAUSE_MS = 100;

/** A collection that was opened, and which one of those that had its name it is. */
export interface Opened<Found extends ReadableCollection> {
  collection: Found;
  identity: string;
}

const reads = [
  "documents",
  "search",
  "wordFrequencies",
  "stats",
  "overview",
  "chunksOf",
  "passages",
  "textsWithWordLike",
  "countChunks",
  "chunkRecords",
] as const;

/** The number that a deployment gives a collection, which no other one gets; its names may change. */
export function identityOf({ collectionID, schema }: DescribedCollection): string {
  return `${String(collectionID)} ${schema.name}`;
}

/**
 * The collection with reads that hold while another process replaces or drops it. A server that drops a collection answers
 * what is still asked of it in several ways: that it is not there, that a channel is closed, or with no rows at all. So a
 * read that is refused or finds nothing is believed where the collection is still the one that was opened; it is made
 * again where another has its place. `reopen`: what has the name now. The reads throw `UserError`
 * `collection-not-found` where nothing has it.
 */
export function withSteadyReads<Found extends ReadableCollection>(
  opened: Opened<Found>,
  { reopen, location }: { reopen(): Promise<Opened<ReadableCollection> | null>; location: string },
): Found {
  const { collection } = opened;
  let current: Opened<ReadableCollection> = opened;

  async function read(way: (typeof reads)[number], given: unknown[]): Promise<unknown> {
    for (let attempt = 1; ; attempt++) {
      const { collection: asked, identity } = current;
      const call = (asked as unknown as Record<string, (...given: unknown[]) => Promise<unknown>>)[way];
      const outcome = await (call as NonNullable<typeof call>)(...given).then(
        (answer) => ({ answer }),
        (error: unknown) => ({ error }),
      );
      if ("answer" in outcome && !isEmpty(outcome.answer)) return outcome.answer;
      if ("error" in outcome && !mayBeGone(outcome.error)) throw outcome.error;
      const now = await reopen();
      if (now === null) throw droppedMeanwhile(collection.name, location);
      const isSame = now.identity === identity;
      // It goes on with what it has learnt of its rows, such as their languages.
      if ("answer" in outcome && (isSame || attempt === READS)) return outcome.answer;
      current = now;
      if ("error" in outcome && (attempt === READS || (isSame && !isNotFound(outcome.error)))) throw outcome.error;
      await sleep((attempt - 1) * PAUSE_MS);
    }
  }

  const steady = reads
    .filter((way) => way in collection)
    .map((way) => [way, (...given: unknown[]) => read(way, given)] as const);
  return { ...collection, ...Object.fromEntries(steady) };
}

function isEmpty(answer: unknown): boolean {
  return answer === 0 || (Array.isArray(answer) && answer.length === 0);
}

function isNotFound(error: unknown): boolean {
  return error instanceof UserError && error.code === MilvusErrorCode.collectionNotFound;
}

/** What deployments say of a collection that is being dropped. */
const signs = new Set<string>([
  MilvusErrorCode.collectionNotFound,
  MilvusErrorCode.notLoaded,
  MilvusErrorCode.indexNotFound,
  MilvusErrorCode.refused,
  "store-failed",
]);

function mayBeGone(error: unknown): boolean {
  return error instanceof UserError && signs.has(error.code);
}
