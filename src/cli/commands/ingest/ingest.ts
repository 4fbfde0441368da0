import path from "node:path";
import { ExitCode, UserError } from "../../../errors.ts";
import type { Discovery } from "../../../pipeline/discover/discover.ts";
import { type CollectionOutcome, ingestIntoCollection } from "../../../pipeline/ingest/collection.ts";
import type { IngestResult } from "../../../pipeline/ingest/ingest-tally.ts";
import type { Store } from "../../../stores/types.ts";
import { readFileList } from "../../arguments/input.ts";
import type { CommandContext } from "../../context.ts";
import { resumable } from "../../interruption.ts";
import { formatDuration, formatSettings } from "../../render/format.ts";
import { type IngestReport, type IngestView, renderIngest } from "../../render/ingest/summary.ts";
import { describeIngest, showProgress } from "../../render/progress.ts";
import { type Runtime, bytesPerMegabyte, withRuntime } from "../../runtime.ts";
import { markIngest, targetOf } from "../../unfinished-ingest.ts";
import { toolVersion } from "../../version.ts";
import { discoverFiles } from "./discover-files.ts";
import { type IngestFlags, ingestOverrides, noticeUnused } from "./flags.ts";
import { projectOf } from "./project.ts";

/** Keeps the password out of the shell's history. */
const passwordVariable = "RAG_PDF_PASSWORD";

/** What one ingest did. */
export interface IngestRun {
  report: IngestReport;
  view: IngestView;
  exitCode: ExitCode;
  /** Of a dry run: why the ingest itself would be refused. */
  refusal: UserError | null;
}

/** Narrows what was discovered; `pathOf`: the absolute path of a source. */
export type Narrow = (discovery: Discovery, pathOf: (source: string) => string) => Discovery;

/** `rag ingest`: exits with 3 where some files failed, and with 1 where `--check` finds the collection out of date. */
export async function ingest(flags: IngestFlags, context: CommandContext): Promise<ExitCode> {
  const paths = await pathsOf(flags, context);
  if (flags.watch) {
    const { watch } = await import("./watch.ts");
    // What else writes the collection meanwhile is waited for.
    const waiting = { ...flags, wait: flags.wait ?? true };
    return watch(paths, (narrow) => ingestOnce(paths, waiting, context, narrow), context);
  }
  const { report, view, exitCode, refusal } = await ingestOnce(paths, flags, context);
  await renderIngest(report, view, context.output);
  // What would be refused exits as the ingest itself would; `--check` has an exit code of its own.
  if (refusal !== null && !flags.check) throw refusal;
  return exitCode;
}

async function ingestOnce(
  paths: readonly string[],
  flags: IngestFlags,
  context: CommandContext,
  narrow: Narrow = (discovery) => discovery,
): Promise<IngestRun> {
  const started = performance.now();
  return withRuntime(flags, ingestOverrides(flags), context, async (runtime) => {
    await noticeUnused(flags, runtime, context);
    const { projectRoot } = runtime.environment;
    const discovery = narrow(await discoverFiles(paths, flags, runtime, context), (source) =>
      path.resolve(projectRoot, source),
    );
    const store = await runtime.store("writing");
    const target = targetOf(store, runtime.config.collection, runtime.environment.projectRoot);
    const work = () => ingestInto(store, discovery, flags, runtime, context);
    const { result, isMissing, plan, refusal } = await (writesNothing(flags)
      ? work()
      : resumable(marked(work, target, flags.paths, context), context.signal));
    const { pruneRefused, refusal: _, planned: __, ...counts } = result;
    const report = {
      collection: runtime.config.collection,
      store: { kind: store.kind, location: store.location },
      ...counts,
      ...(plan === null || flags.check ? {} : { plan }),
      ...(discovery.leftOut.length === 0 ? {} : { leftOut: discovery.leftOut }),
      durationMs: Math.round(performance.now() - started),
    };
    const view = { dryRun: writesNothing(flags), check: flags.check ?? false, isMissing, pruneRefused };
    return { report, view, exitCode: exitCodeOf(result, flags), refusal };
  });
}

/** Leaves a mark for the next search where the work is interrupted, or a backend fails in it. */
async function marked<Result>(
  work: () => Promise<Result>,
  target: ReturnType<typeof targetOf>,
  paths: readonly string[],
  context: CommandContext,
): Promise<Result> {
  const clear = await markIngest(target, paths, context);
  try {
    const result = await work();
    await clear();
    return result;
  } catch (error) {
    // Wrong usage is found before anything is written.
    if (error instanceof UserError && error.exitCode === ExitCode.usage) await clear();
    throw error;
  }
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

async function ingestInto(
  store: Store,
  discovery: Discovery,
  flags: IngestFlags,
  { config, environment, openModel, chunker, loaders, cutter, priceOf, vectorCache }: Runtime,
  { output, signal }: CommandContext,
): Promise<CollectionOutcome> {
  const pdfPassword = flags.pdfPassword ?? environment.variables[passwordVariable];
  output.maskSecrets([pdfPassword]);
  const found = await loaders({ pdfPassword });
  const { loaderFor } = found;
  const { embedding, chunking, metric } = config;
  const progress = await showProgress(output, describeIngest);
  try {
    return await ingestIntoCollection(
      { store, openModel, chunker: await chunker(), loaderFor, cutter: await cutter(found) },
      {
        name: config.collection,
        recreate: flags.recreate ?? false,
        project: await projectOf(store, config, environment),
        waitMs: waitMsOf(flags.wait),
        onWait: (message) => output.notice(`waiting: ${message}`),
        onNotice: (text) => output.notice(text),
        chunking,
        embedding,
        vectorCache,
        metric,
        toolVersion: toolVersion(),
        budget: { maxCost: flags.maxCost, maxTokens: flags.maxTokens },
        priceOf,
        discovery,
        metadata: flags.metadata,
        prune: flags.prune === undefined ? "safe" : flags.prune ? "always" : "never",
        dryRun: writesNothing(flags),
        failFast: flags.failFast ?? false,
        maxFileBytes: config.ingest.maxFileMb * bytesPerMegabyte,
        signal,
        onProgress: progress.update,
        onPause: (milliseconds, reason) =>
          output.notice(`waiting ${formatDuration(milliseconds)} before the next attempt: ${reason}`),
        onOtherChunking: (made, wanted) =>
          output.notice(
            `collection ${config.collection} was made with the chunking ${formatSettings(made)}; what is named now is cut with ${formatSettings(wanted)} (to stay with the first, set it in .ragrc or by flags; to have one for all: --recreate)`,
          ),
      },
    );
  } finally {
    progress.stop();
  }
}

function waitMsOf(wait: IngestFlags["wait"]): number {
  return wait === true ? Infinity : (wait ?? 0) * 1000;
}

/** `--check` is answered by one document that differs, even where others failed. */
function exitCodeOf({ documents }: Pick<IngestResult, "documents">, flags: IngestFlags): ExitCode {
  const drift = documents.added + documents.changed + documents.removed;
  if (flags.check && drift > 0) return ExitCode.no;
  return documents.failed > 0 ? ExitCode.partial : ExitCode.done;
}
