import { ExitCode, UserError } from "../../../errors.ts";
import { type PathWatcher, type WatchedPlace, watchPaths } from "../../../files/watch/watch-paths.ts";
import { resolveRoot } from "../../../pipeline/discover/roots.ts";
import { isAddress } from "../../../pipeline/pages/address.ts";
import { type Changes, changeQueue, narrowed } from "../../../pipeline/watch/changes.ts";
import type { CommandContext } from "../../context.ts";
import { interrupted } from "../../interruption.ts";
import { renderChange, renderRefusal } from "../../render/ingest/change.ts";
import { renderIngest } from "../../render/ingest/summary.ts";
import type { IngestRun, Narrow } from "./ingest.ts";

/** Milliseconds after which a store or a model that failed is tried again. */
const retryMs = 10_000;

/**
 * Ingests all, then follows the files and ingests what changes, until Ctrl-C. `ingest` opens and closes everything it
 * needs, so that the collection belongs to nobody between two changes. A change that cannot be ingested is told, and
 * tried again with the next one. Throws `UserError` `interrupted` (exit 130), `watch-failed`, `nothing-to-watch`, and what
 * the first ingest throws.
 */
export async function watch(
  paths: readonly string[],
  ingest: (narrow?: Narrow) => Promise<IngestRun>,
  { workingDirectory, output, signal }: CommandContext,
): Promise<ExitCode> {
  const queue = changeQueue();
  const failed = new AbortController();
  const over = AbortSignal.any([signal, failed.signal]);
  const places = await placesOf(paths, workingDirectory);
  // Before the first ingest: what changes while it runs is not missed.
  const watcher: PathWatcher = await watchPaths(places, {
    onChange: queue.add,
    onError: (error) => failed.abort(error),
  });
  try {
    const first = await ingest();
    await renderIngest(first.report, first.view, output);
    output.notice(`watching ${paths.join(", ")}; Ctrl-C ends`);
    for (;;) {
      const changes = await queue.next(over);
      const isTried = await follow(changes, ingest, { workingDirectory, output });
      over.throwIfAborted();
      if (!isTried) queue.addAll(retryMs);
    }
  } catch (error) {
    if (signal.aborted) throw interrupted();
    throw error;
  } finally {
    await watcher.close();
  }
}

/** Ingests changes, and tells what came of them; `false` where the store or the model failed. */
async function follow(
  changes: Changes,
  ingest: (narrow: Narrow) => Promise<IngestRun>,
  { workingDirectory, output }: Pick<CommandContext, "workingDirectory" | "output">,
): Promise<boolean> {
  try {
    const { report } = await ingest((discovery, pathOf) => narrowed(discovery, changes, pathOf));
    await renderChange(report, changes, workingDirectory, output);
    return true;
  } catch (error) {
    // A bug, and Ctrl-C, end the watching.
    if (!(error instanceof UserError) || error.exitCode === ExitCode.interrupted) throw error;
    await renderRefusal(error, output);
    return error.exitCode !== ExitCode.backend;
  }
}

async function placesOf(paths: readonly string[], workingDirectory: string): Promise<WatchedPlace[]> {
  const places: WatchedPlace[] = [];
  for (const path of paths) {
    if (isAddress(path)) continue;
    const root = await resolveRoot(path, workingDirectory);
    if (root.kind === "file") places.push({ kind: "file", path: root.path });
    if (root.kind === "folder") places.push({ kind: "folder", folder: root.folder });
  }
  if (places.length > 0) return places;
  throw new UserError("nothing-to-watch", "there is no file and no folder to watch", {
    hint: "pages of the web are not watched: ingest them again from time to time",
  });
}
