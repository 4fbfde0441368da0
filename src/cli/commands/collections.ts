import { ExitCode, UserError } from "../../errors.ts";
import type { CollectionStats, ReadableCollection } from "../../stores/types.ts";
import { untilAborted } from "../../util/until-aborted.ts";
import type { CommandContext } from "../context.ts";
import type { CollectionFlags, CommonFlags, DropFlags } from "../arguments/flags.ts";
import { confirm } from "../render/confirm.ts";
import {
  type CollectionSummary,
  renderCollection,
  renderCollections,
  renderDropped,
  renderKept,
  renderSources,
} from "../render/collections.ts";
import { type Runtime, findCollection, withRuntime } from "../runtime.ts";

/** Failures of one collection, in a store that can be listed. */
const unreadable = new Set([
  "corrupt-collection",
  "newer-collection",
  "foreign-collection",
  "store-failed",
  "store-unusable",
]);

/** `rag collections list` */
export async function listCollections(flags: CommonFlags, context: CommandContext): Promise<ExitCode> {
  return withStore(flags, context, async (runtime) => {
    const store = await runtime.store();
    const collections: CollectionSummary[] = [];
    for (const name of await store.list()) {
      try {
        const collection = await store.open(name);
        if (collection !== null) collections.push(summaryOf(collection, await collection.stats()));
      } catch (error) {
        // One that cannot be read does not hide the others.
        if (!(error instanceof UserError) || !unreadable.has(error.code)) throw error;
        context.output.notice(`collection ${name} is left out: ${error.message}`);
      }
    }
    await renderCollections({ store: { kind: store.kind, location: store.location }, collections }, context.output);
    return ExitCode.done;
  });
}

/** `rag collections show` */
export async function showCollection(flags: CollectionFlags, context: CommandContext): Promise<ExitCode> {
  return withStore(flags, context, async (runtime) => {
    const collection = await findCollection(await runtime.store(), flags.name);
    const stats = await collection.stats();
    const { index, sizeBytes } = stats;
    const details = { ...summaryOf(collection, stats), manifest: collection.manifest, index, sizeBytes };
    await renderCollection(details, context.output);
    for (const line of collection.foreign?.missing ?? []) {
      context.output.notice(`before it can be searched: ${line}`);
    }
    return ExitCode.done;
  });
}

/** `rag collections sources` */
export async function listSources(flags: CollectionFlags, context: CommandContext): Promise<ExitCode> {
  return withStore(flags, context, async (runtime) => {
    const collection = await findCollection(await runtime.store(), flags.name);
    const documents = await collection.documents();
    const sources = documents
      .map(({ source, title, docChunks, updatedAt }) => ({
        source,
        title,
        chunks: docChunks,
        updatedAt: updatedAt === null ? null : new Date(updatedAt).toISOString(),
      }))
      .sort((a, b) => (a.source < b.source ? -1 : 1));
    await renderSources({ collection: collection.name, sources }, context.output);
    return ExitCode.done;
  });
}

/** `rag collections drop`: exits with 1 where the user says no. */
export async function dropCollection(flags: DropFlags, context: CommandContext): Promise<ExitCode> {
  return withStore(flags, context, async (runtime) => {
    const store = await runtime.store();
    if (!(await store.list()).includes(flags.name)) await findCollection(store, flags.name);
    if (
      !flags.yes &&
      !(await confirm(`Drop collection ${flags.name} in ${store.location} with all it holds?`, context))
    ) {
      await renderKept(flags.name, context.output);
      return ExitCode.no;
    }
    const lease = await store.lockForWriting(flags.name, "drop");
    try {
      await store.drop(flags.name, { evenIfForeign: flags.yes === true });
    } finally {
      await lease.release();
    }
    await renderDropped(flags.name, context.output);
    return ExitCode.done;
  });
}

function withStore(
  flags: CommonFlags,
  context: CommandContext,
  body: (runtime: Runtime) => Promise<ExitCode>,
): Promise<ExitCode> {
  return withRuntime(flags, [], context, (runtime) => untilAborted(body(runtime), context.signal));
}

function summaryOf(collection: ReadableCollection, stats: CollectionStats): CollectionSummary {
  const { manifest, name } = collection;
  const { embedding } = manifest;
  return {
    name,
    documents: stats.documents,
    chunks: stats.chunks,
    embedding:
      embedding === null
        ? null
        : { provider: embedding.provider, model: embedding.model, dimensions: embedding.dimensions },
    analyzer: manifest.analyzer,
    createdAt: manifest.createdAt,
    updatedAt: stats.updatedAt,
  };
}
