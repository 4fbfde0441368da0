import { realpath } from "node:fs/promises";
import path from "node:path";
import { ExitCode, UserError } from "../../errors.ts";
import type { Discovery } from "../../pipeline/discover/discover.ts";
import { isAddress } from "../../pipeline/pages/address.ts";
import { type CollectionOutcome, ingestIntoCollection } from "../../pipeline/ingest/collection.ts";
import type { IngestResult } from "../../pipeline/ingest/ingest-tally.ts";
import type { IngestProject } from "../../pipeline/ingest/project.ts";
import type { Store } from "../../stores/types.ts";
import type { Environment } from "../../config/environment.ts";
import type { Override } from "../../config/load.ts";
import { projectIdentity } from "../../config/project-identity.ts";
import type { Config } from "../../config/schema.ts";
import { cacheFolder } from "../../files/user-folders.ts";
import { isAllowed } from "../../secrets/allowed-hosts.ts";
import type { Metadata } from "../../types.ts";
import { type CommonFlags, given } from "../arguments/flags.ts";
import { readFileList } from "../arguments/input.ts";
import type { CommandContext } from "../context.ts";
import { resumable } from "../interruption.ts";
import { formatDuration, formatSettings } from "../render/format.ts";
import { type IngestReport, type IngestView, renderIngest } from "../render/ingest/summary.ts";
import { describeIngest, showProgress } from "../render/progress.ts";
import { type Runtime, withRuntime } from "../runtime.ts";
import { markIngest, targetOf } from "../unfinished-ingest.ts";
import { toolVersion } from "../version.ts";

export interface IngestFlags extends CommonFlags {
  paths: string[];
  filesFrom?: string;
  include: string[];
  exclude: string[];
  strategy?: string;
  maxChars?: number;
  overlapChars?: number;
  separator?: string;
  metadata: Metadata;
  recreate?: boolean;
  project?: string;
  /** Seconds; `true`: as long as it takes. */
  wait?: number | true;
  /** `true`: `--prune`, `false`: `--no-prune`; not set: what is gone is removed unless that looks like a mistake. */
  prune?: boolean;
  dryRun?: boolean;
  check?: boolean;
  watch?: boolean;
  /** In USD. */
  maxCost?: number;
  maxTokens?: number;
  concurrency?: number;
  failFast?: boolean;
  followLinks?: boolean;
  encoding?: string;
  pdfPassword?: string;
}

/** Keeps the password out of the shell's history. */
const passwordVariable = "RAG_PDF_PASSWORD";

const bytesPerMegabyte = 1_000_000;

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

async function discoverFiles(
  paths: readonly string[],
  flags: IngestFlags,
  runtime: Runtime,
  context: CommandContext,
): Promise<Discovery> {
  const started = performance.now();
  const { config, environment } = runtime;
  const { discover } = await import("../../pipeline/discover/discover.ts");
  const { isSupported } = await runtime.loaders();
  const addresses = paths.filter(isAddress);
  const discovery = await discover({
    root: environment.projectRoot,
    workingDirectory: environment.workingDirectory,
    paths: paths.filter((path) => !isAddress(path)),
    include: flags.include,
    exclude: flags.exclude,
    followLinks: config.ingest.followLinks,
    isSupported,
  });
  context.output.stage("discover", performance.now() - started, `${discovery.files.length} files`);
  if (addresses.length === 0) return discovery;
  const { mergeDiscoveries } = await import("../../pipeline/discover/merge.ts");
  return mergeDiscoveries(discovery, await fetchPages(addresses, flags, runtime, context));
}

/** A page may take so long, redirects included. */
const pageTimeoutMs = 30_000;

async function fetchPages(
  addresses: readonly string[],
  flags: IngestFlags,
  { config, environment, loaders }: Runtime,
  { output, signal }: CommandContext,
): Promise<Discovery> {
  const started = performance.now();
  const { discoverPages } = await import("../../pipeline/pages/pages.ts");
  const { pageCache } = await import("../../pipeline/pages/page-cache.ts");
  const { isSupported } = await loaders();
  const { variables } = environment;
  const discovery = await discoverPages({
    addresses,
    include: flags.include,
    exclude: flags.exclude,
    isSupported: (name) => isSupported(name, true),
    isAllowed: (host) => isAllowed(host, variables),
    cache: pageCache(path.join(cacheFolder(variables), "pages")),
    maxPages: config.ingest.maxPages,
    maxBytes: config.ingest.maxFileMb * bytesPerMegabyte,
    timeoutMs: pageTimeoutMs,
    userAgent: `milvus-rag/${toolVersion()}`,
    signal,
  });
  output.stage("fetch", performance.now() - started, `${discovery.files.length} pages`);
  return discovery;
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

/** A store in the project's own folder is shared with no other project, and goes where the folder goes. */
async function projectOf(store: Store, config: Config, environment: Environment): Promise<IngestProject> {
  const { projectRoot: root } = environment;
  const { portable, local, isNamed } = await projectIdentity(config, environment);
  const isStoreShared =
    store.kind === "milvus" || !isInside(await realPath(root), await realPath(path.resolve(root, store.location)));
  const aliases = portable === null ? [local] : isNamed ? [portable] : [portable, local];
  return { name: portable ?? (isStoreShared ? local : null), aliases, isNamed, root, isStoreShared };
}

/** The path itself where nothing is there yet. */
async function realPath(file: string): Promise<string> {
  return realpath(file).catch(() => file);
}

function isInside(folder: string, candidate: string): boolean {
  const way = path.relative(folder, candidate);
  return way !== ".." && !way.startsWith(`..${path.sep}`) && !path.isAbsolute(way);
}

/** `--check` is answered by one document that differs, even where others failed. */
function exitCodeOf({ documents }: Pick<IngestResult, "documents">, flags: IngestFlags): ExitCode {
  const drift = documents.added + documents.changed + documents.removed;
  if (flags.check && drift > 0) return ExitCode.no;
  return documents.failed > 0 ? ExitCode.partial : ExitCode.done;
}

function ingestOverrides(flags: IngestFlags): Override[] {
  return given([
    ["chunking.strategy", flags.strategy, "--strategy"],
    ["chunking.maxChars", flags.maxChars, "--max-chars"],
    ["chunking.overlapChars", flags.overlapChars, "--overlap-chars"],
    ["chunking.separator", flags.separator, "--separator"],
    ["embedding.concurrency", flags.concurrency, "--concurrency"],
    ["project", flags.project, "--project"],
    ["ingest.encoding", flags.encoding, "--encoding"],
    ["ingest.followLinks", flags.followLinks, "--follow-links"],
  ]);
}
