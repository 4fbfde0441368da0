import { basename } from "node:path";
import { ExitCode, UserError, messageOf } from "../../errors.ts";
import { isNeverEntered, walkFolder } from "../walk/walk-folder.ts";

/** What happened to a file. */
export interface FileChange {
  /** Absolute. */
  path: string;
  isGone: boolean;
}

/** A file or folder to follow; both absolute. */
export type WatchedPlace = { kind: "file"; path: string } | { kind: "folder"; folder: string };

export interface PathWatcher {
  close(): Promise<void>;
}

/**
 * Follows files, and all that is below folders, from the time that the promise resolves. What a folder never gives
 * (hidden files, `node_modules`, folders that an ignore file leaves out) is not followed; ignore files themselves are.
 * A file that is saved by renaming another one over it is one change. `onError` gets a `UserError` `watch-failed` where
 * the system ends the watching.
 */
export async function watchPaths(
  places: readonly WatchedPlace[],
  { onChange, onError }: { onChange(change: FileChange): void; onError(error: UserError): void },
): Promise<PathWatcher> {
  const paths = places.map((place) => (place.kind === "file" ? place.path : place.folder));
  const named = new Set(paths);
  const ignored = new Set<string>();
  for (const place of places) if (place.kind === "folder") for (const path of await ignoredIn(place)) ignored.add(path);
  const isLeftOut = (path: string): boolean => {
    if (named.has(path)) return false;
    const name = basename(path);
    return isNeverEntered(name) || (name.startsWith(".") && !isIgnoreFile(path)) || ignored.has(path);
  };
  const { watch } = await import("chokidar");
  const watcher = watch(paths, { ignored: isLeftOut, ignoreInitial: true, followSymlinks: false, atomic: true });
  watcher
    .on("add", (path) => onChange({ path, isGone: false }))
    .on("change", (path) => onChange({ path, isGone: false }))
    .on("unlink", (path) => onChange({ path, isGone: true }))
    .on("error", (error) => onError(watchFailed(error)));
  await new Promise<void>((resolve) => watcher.once("ready", resolve));
  return { close: () => watcher.close() };
}

/** Whether a change of this file changes what its folder gives. */
export function isIgnoreFile(path: string): boolean {
  return [".gitignore", ".ragignore"].includes(basename(path));
}

async function ignoredIn({ folder }: { folder: string }): Promise<string[]> {
  const all = { globs: null, matches: () => true, followLinks: false };
  return (await walkFolder({ folder, root: folder, ...all })).ignored;
}

function watchFailed(error: unknown): UserError {
  const isLimit = error instanceof Error && "code" in error && ["ENOSPC", "EMFILE"].includes(String(error.code));
  return new UserError("watch-failed", `the folders cannot be watched: ${messageOf(error)}`, {
    hint: isLimit
      ? "the system follows no more folders: raise fs.inotify.max_user_watches, or the limit of open files"
      : "run the same command again",
    exitCode: ExitCode.backend,
    cause: error,
  });
}
