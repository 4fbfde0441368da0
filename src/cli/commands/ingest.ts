import { isDeepStrictEqual } from "node:util";
import type { ChunkingOptions, Chunker } from "../../chunkers/types.ts";
import type { Config } from "../../config/schema.ts";
import type { Embedder } from "../../embedders/types.ts";
import { ExitCode, UserError } from "../../errors.ts";
import type { Discovery } from "../../pipeline/discover/discover.ts";
import type { IngestResult } from "../../pipeline/ingest/ingest-tally.ts";
import { foreignIsNotWritten } from "../../util/foreign-collection.ts";
import type { Manifest, NewManifest, OwnCollection, Store } from "../../stores/types.ts";
import type { EmbeddingIdentity } from "../../types.ts";
import type { CommandContext } from "../context.ts";
import { type IngestFlags, ingestOverrides } from "../arguments/flags.ts";
import { formatSettings } from "../render/format.ts";
import { readFileList } from "../arguments/input.ts";
import { resumable } from "../interruption.ts";
import { renderIngest } from "../render/ingest-summary.ts";
import { createProgress, describeIngest } from "../render/progress.ts";
import { type Runtime, withRuntime } from "../runtime.ts";
import { stageTimer } from "../stage-timer.ts";
import { toolVersion } from "../version.ts";

const bytesPerMegabyte = 1_000_000;

/** `rag ingest`: exits with 3 where some files failed, and with 1 where `--check` finds the collection out of date. */
export async function ingest(flags: IngestFlags, context: CommandContext): Promise<ExitCode> {
  const started = performance.now();
  const paths = await pathsOf(flags, context);
  return withRuntime(flags, ingestOverrides(flags), context, async (runtime) => {
    await noticeUnused(flags, runtime, context);
    const discovery = await discoverFiles(paths, flags, runtime, context);
    const store = await runtime.store();
    const work = ingestInto(store, discovery, flags, runtime, context);
    const outcome = await (writesNothing(flags) ? work : resumable(work, context.signal));
    const { pruneRefused, ...result } = outcome.result;
    const report = {
      collection: runtime.config.collection,
      store: { kind: store.kind, location: store.location },
      ...result,
      durationMs: Math.round(performance.now() - started),
    };
    const { skipped } = discovery;
    const { isMissing } = outcome;
    const view = { dryRun: writesNothing(flags), check: flags.check ?? false, skipped, isMissing, pruneRefused };
    await renderIngest(report, view, context.output);
    return exitCodeOf(result, flags);
  });
}

function writesNothing(flags: IngestFlags): boolean {
  return (flags.dryRun ?? false) || (flags.check ?? false);
}

async function pathsOf(flags: IngestFlags, context: CommandContext): Promise<string[]> {
  const listed = flags.filesFrom === undefined ? [] : await readFileList(flags.filesFrom, context);
  const paths = [...flags.paths, ...listed];
  if (paths.length > 0) return paths;
  throw new UserError("no-paths", "there is nothing to ingest", {
    hint:
      flags.filesFrom === undefined
        ? "name files, folders or globs: rag ingest docs"
        : `the list of files ${flags.filesFrom} is empty`,
  });
}

/** Says which of the flags for chunking the strategy does not look at. */
async function noticeUnused(flags: IngestFlags, runtime: Runtime, { output }: CommandContext): Promise<void> {
  const given = [
    ["--max-chars", "maxChars", flags.maxChars],
    ["--overlap-chars", "overlapChars", flags.overlapChars],
    ["--separator", "separator", flags.separator],
  ] as const;
  const { name, uses } = await runtime.chunker();
  for (const [flag, option, value] of given) {
    if (value === undefined || uses.includes(option)) continue;
    const advice = option === "separator" ? "; it is for --strategy separator" : "";
    output.notice(`${flag} has no effect: documents are split by the strategy ${name}${advice}`);
  }
}

/** Documents that were cut in another way are read as changed, and embedded anew: nobody should wonder why. */
function noticeOtherChunking(
  { name, manifest }: OwnCollection,
  wanted: Manifest["chunking"],
  { output }: CommandContext,
) {
  if (isDeepStrictEqual(manifest.chunking, wanted)) return;
  output.notice(
    `collection ${name} was made with the chunking ${formatSettings(manifest.chunking)}; what is named now is cut with ${formatSettings(wanted)} (to stay with the first, set it in .ragrc or by flags; to have one for all: --recreate)`,
  );
}

async function discoverFiles(
  paths: readonly string[],
  flags: IngestFlags,
  { environment, loaders }: Runtime,
  { output }: CommandContext,
): Promise<Discovery> {
  const started = performance.now();
  const { discover } = await import("../../pipeline/discover/discover.ts");
  const { isSupported } = await loaders();
  const discovery = await discover({
    root: environment.projectRoot,
    workingDirectory: environment.workingDirectory,
    paths,
    include: flags.include,
    exclude: flags.exclude,
    isSupported,
  });
  output.stage("discover", performance.now() - started, `${discovery.files.length} files`);
  return discovery;
}

interface Outcome {
  result: IngestResult;
  /** There was no such collection, and as there is nothing to write there still is none. */
  isMissing: boolean;
}

/** Holds the collection while it is written; looks only, where nothing is to be written. */
async function ingestInto(
  store: Store,
  discovery: Discovery,
  flags: IngestFlags,
  runtime: Runtime,
  context: CommandContext,
): Promise<Outcome> {
  const lease = writesNothing(flags) ? null : await store.lockForWriting(runtime.config.collection, "ingest");
  try {
    const chunker = await runtime.chunker();
    const existing = await openExisting(store, runtime.config.collection, flags);
    if (existing !== null) noticeOtherChunking(existing, chunkingOf(runtime.config, chunker), context);
    const model = await openModel(existing, flags, runtime, context);
    if (flags.recreate && lease !== null) {
      await store.checkNewCollections();
      await dropIfThere(store, runtime.config.collection);
    }
    const result = await runIngest({ store, existing, chunker, model, discovery, flags, runtime, context });
    return { result, isMissing: existing === null && result.chunks.written === 0 };
  } finally {
    await lease?.release();
  }
}

/**
 * The collection to bring up to date; `null` where it is made anew. Throws `UserError` `foreign-collection` where another
 * program made it, also with `--recreate`: nobody else's data is dropped for an ingest.
 */
async function openExisting(store: Store, name: string, { recreate }: IngestFlags): Promise<OwnCollection | null> {
  const existing = await store.open(name).catch((error: unknown) => {
    // What cannot be read any more is what --recreate is for.
    if (recreate && error instanceof UserError && error.code !== "foreign-collection") return null;
    throw error;
  });
  if (existing?.foreign !== undefined) throw foreignIsNotWritten(name);
  return recreate ? null : existing;
}

interface Model {
  embedder: Embedder | null;
  identity: EmbeddingIdentity | null;
}

/** The model to ingest with, known before anything is dropped or written; not reached where nothing will be embedded. */
async function openModel(
  existing: OwnCollection | null,
  flags: IngestFlags,
  runtime: Runtime,
  { signal }: CommandContext,
): Promise<Model> {
  if (writesNothing(flags)) {
    if (existing !== null) runtime.checkModel(existing);
    return { embedder: null, identity: existing?.manifest.embedding ?? null };
  }
  const embedder = await runtime.documentEmbedder(existing);
  // A collection's documents are compared by the identity that it was made with.
  if (existing !== null) return { embedder, identity: existing.manifest.embedding };
  if (embedder === null) return { embedder, identity: null };
  const { embedderIdentity } = await import("../../pipeline/embed/embed.ts");
  return { embedder, identity: await embedderIdentity(embedder, signal) };
}

async function dropIfThere(store: Store, name: string): Promise<void> {
  if ((await store.list()).includes(name)) await store.drop(name);
}

async function runIngest(parts: {
  store: Store;
  existing: OwnCollection | null;
  chunker: Chunker;
  model: Model;
  discovery: Discovery;
  flags: IngestFlags;
  runtime: Runtime;
  context: CommandContext;
}): Promise<IngestResult> {
  const { store, existing, chunker, model, discovery, flags, runtime, context } = parts;
  const { config } = runtime;
  const { output, signal } = context;
  const { ingest: runPipeline } = await import("../../pipeline/ingest/ingest.ts");
  const view = await createProgress(output, describeIngest);
  const stages = stageTimer(output);
  try {
    return await runPipeline(
      {
        collection: existing,
        createCollection: () => store.create(config.collection, manifestOf(config, chunker, model.identity)),
        loaderFor: (await runtime.loaders()).loaderFor,
        chunker,
        chunking: config.chunking,
        embedding: model.identity,
        embed: await createPool(model, config, signal),
        hasVectors: existing === null ? config.embedding.provider !== undefined : model.identity !== null,
      },
      {
        discovery,
        metadata: flags.metadata,
        prune: flags.prune === undefined ? "safe" : flags.prune ? "always" : "never",
        dryRun: writesNothing(flags),
        failFast: flags.failFast ?? false,
        maxFileBytes: config.ingest.maxFileMb * bytesPerMegabyte,
        signal,
        onProgress: (progress) => {
          stages.enter(progress.stage);
          view.update(progress);
        },
      },
    );
  } finally {
    view.stop();
    stages.end();
  }
}

async function createPool({ embedder, identity }: Model, config: Config, signal: AbortSignal) {
  if (embedder === null || identity === null) return null;
  const { createEmbedPool } = await import("../../pipeline/embed/embed.ts");
  const { batchSize, concurrency } = config.embedding;
  return createEmbedPool(embedder, {
    concurrency,
    prefix: identity.documentPrefix,
    signal,
    ...(batchSize === undefined ? {} : { batchSize }),
  });
}

function manifestOf(config: Config, chunker: Chunker, embedding: EmbeddingIdentity | null): NewManifest {
  return {
    schemaVersion: 1,
    embedding,
    metric: config.metric,
    chunking: chunkingOf(config, chunker),
    toolVersion: toolVersion(),
    createdAt: new Date().toISOString(),
  };
}

/** The strategy, and the settings that it looks at. */
function chunkingOf({ chunking }: Config, { uses }: Chunker): Manifest["chunking"] {
  const settings = uses.map((option: keyof ChunkingOptions) => [option, chunking[option]]);
  return { strategy: chunking.strategy, ...Object.fromEntries(settings) };
}

/** What `--check` asks is answered by one document that differs, whatever became of the others. */
function exitCodeOf({ documents }: Pick<IngestResult, "documents">, flags: IngestFlags): ExitCode {
  const drift = documents.added + documents.changed + documents.removed;
  if (flags.check && drift > 0) return ExitCode.no;
  return documents.failed > 0 ? ExitCode.partial : ExitCode.done;
}
