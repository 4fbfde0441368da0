import { statSync } from "node:fs";
import { stat } from "node:fs/promises";
import { basename, extname, relative, resolve, sep } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { UserError } from "../../errors.ts";
import type { Misnamed } from "../../files/walk/misnamed.ts";
import { type Walk, walkFolder } from "../../files/walk/walk-folder.ts";
import { compareCodePoints } from "../../util/compare-code-points.ts";
import { isAddress } from "../pages/address.ts";
import { type Root, posix, reasonOf, refuseLinkOutside, resolveRoot } from "./roots.ts";
import { createSelection } from "./selection.ts";

/** A file to ingest. */
export interface DiscoveredFile {
  /** Posix path relative to the project root (`../x` outside of it): the document's identity. */
  source: string;
  /** Absolute. */
  path: string;
  /** In bytes. */
  size: number;
  /** A name whose extension says what the file is, where the source does not: a page's address. */
  name?: string;
}

/** A file that cannot be ingested, or a folder that cannot be read. */
export interface DiscoveryFailure {
  /** As in `DiscoveredFile`; `.` for the project root. */
  source: string;
  /** `not-readable` or `name-not-utf8`. */
  code: string;
  message: string;
}

/** The files of an ingest, and what is known about the sources that are not among them. */
export interface Discovery {
  /** Sorted by source (code point order), each file once. */
  files: DiscoveredFile[];
  /**
   * Whether a source is one that this discovery finds when the file is there. A stored source that is covered and not
   * among the files is gone, and can be removed from the store.
   */
  covers(source: string): boolean;
  /** Sorted by source, each once. A source in or below one of them is not covered. */
  failures: DiscoveryFailure[];
  /** One sentence for each place that was left out unexpectedly. */
  warnings: string[];
  /** Files in the folders and globs whose format has no loader; the most frequent extension first. */
  leftOut: LeftOut[];
}

/** Files of one extension that are not taken. */
export interface LeftOut {
  /** Lower case with the dot, `.svg`; the whole name (`makefile`) where it has none. */
  extension: string;
  files: number;
}

export interface DiscoverOptions {
  /** The project root, absolute. */
  root: string;
  /** Absolute; `paths` are relative to it. */
  workingDirectory: string;
  /** Files, folders and globs. A path that exists is taken literally, whatever characters it has. */
  paths: readonly string[];
  /** Globs as in .gitignore, relative to the project root. Only what one of them matches is taken; none: everything. */
  include: readonly string[];
  /** Globs as in .gitignore, relative to the project root. What one of them matches is left out. */
  exclude: readonly string[];
  /**
   * Whether a file of this name is taken from folders and globs. `isAskedFor`: an `include` pattern or the glob itself
   * names its extension. Files that are named outright are taken without asking.
   */
  isSupported(path: string, isAskedFor: boolean): boolean;
  /** Follow links that lead out of the folder, or, of a file or folder that is named, out of the project. */
  followLinks: boolean;
}

/** Files whose sizes are read in one go, at most. */
const statsAtOnce = 256;
/** Milliseconds that they take at least on a disk behind a network. */
const slowBatchMs = 100;

/**
 * Finds the files to ingest. `.gitignore` and `.ragignore` hold in folders and globs; a file that is named outright is
 * taken unless `include` or `exclude` leave it out.
 *
 * Throws `UserError` `empty-path`, `path-not-found`, `path-unreadable`, `not-a-file`, `glob-too-large` and
 * `no-match`, and `link-outside` without `followLinks` (exit 2), before anything else happens.
 */
export async function discover(options: DiscoverOptions): Promise<Discovery> {
  const { root, followLinks } = options;
  const isSupported = (source: string, globs: readonly string[] | null): boolean =>
    options.isSupported(
      source,
      [...options.include, ...(globs ?? [])].some((glob) => namesExtension(glob, source)),
    );
  const { isWanted, isExcluded } = createSelection(options.include, options.exclude);
  const inRoot = root.endsWith(sep) ? root : root + sep;
  // Most paths lie in the root: of a great many, `relative` takes more time than all the rest.
  const sourceOf = (path: string) => posix(path.startsWith(inRoot) ? path.slice(inRoot.length) : relative(root, path));
  const roots: Root[] = [];
  for (const path of options.paths) {
    const place = await resolveRoot(path, options.workingDirectory);
    if (!followLinks) await refuseLinkOutside(path, place, options);
    roots.push(place);
  }

  const paths = new Map<string, string>();
  const failures = new Map<string, DiscoveryFailure>();
  const warnings = new Set<string>();
  const outside = new Set<string>();
  // By source: a file that two paths of the command line reach is one file.
  const leftOut = new Set<string>();
  const noteMisnamed = ({ path, isFolder }: Misnamed, isWelcome: (source: string) => boolean): void => {
    const source = sourceOf(path);
    if (isFolder ? isExcluded(`${source}/`) : !isWanted(source)) return;
    if (isFolder || isWelcome(source)) failures.set(source, misnamed(source, isFolder));
    else leftOut.add(source);
  };
  for (const [index, place] of roots.entries()) {
    if (place.kind === "file") {
      if (isWanted(sourceOf(place.path))) paths.set(sourceOf(place.path), place.path);
      continue;
    }
    if (place.kind === "misnamed") {
      noteMisnamed(place.found, () => true);
      continue;
    }
    const walk = await walkFolder({ ...place, root, followLinks });
    if (place.globs !== null && isEmpty(walk)) {
      throw new UserError("no-match", `no file matches "${options.paths[index]}"`, {
        hint: "quote the glob, so that the shell passes it on as it is; files that .gitignore or .ragignore leave out do not match",
      });
    }
    for (const path of walk.files) {
      const source = sourceOf(path);
      if (!isWanted(source)) continue;
      if (isSupported(source, place.globs)) paths.set(source, place.globs === null ? path : resolve(path));
      else leftOut.add(source);
    }
    for (const { path, error } of walk.unreadable) {
      const source = sourceOf(path);
      if (!isExcluded(`${source}/`)) failures.set(source, notReadable(source, error));
    }
    for (const found of walk.misnamed) noteMisnamed(found, (source) => isSupported(source, place.globs));
    for (const source of walk.special.map(sourceOf).filter(isWanted)) {
      warnings.add(`"${source}" is a pipe, a socket or a device, and was left out`);
    }
    for (const path of walk.outside) if (isWanted(sourceOf(path))) outside.add(sourceOf(path));
    for (const source of walk.loops.map(sourceOf)) {
      warnings.add(`"${source}" links to a folder that it is in, and was not followed`);
    }
  }

  for (const source of paths.keys()) leftOut.delete(source);
  if (outside.size > 0) warnings.add(notFollowed([...outside].sort(compareCodePoints)));
  const files = await withSizes(paths, failures);
  // A file in an unreadable folder may still exist, so its stored source stays.
  const unknown = [...failures.keys()];
  return {
    files,
    covers(source) {
      // An address is no file of a folder, though it reads like a path.
      if (isAddress(source)) return false;
      if (!isWanted(source) || unknown.some((place) => isBelow(source, place))) return false;
      const path = resolve(root, source);
      return roots.some((place) => {
        if (place.kind === "misnamed") return false;
        return place.kind === "file" ? place.path === path : isSupported(source, place.globs) && place.matches(path);
      });
    },
    failures: [...failures.values()].sort((a, b) => compareCodePoints(a.source, b.source)),
    warnings: [...warnings].sort(compareCodePoints),
    leftOut: byExtension(leftOut),
  };
}

function byExtension(sources: Iterable<string>): LeftOut[] {
  const counts = new Map<string, number>();
  for (const source of sources) {
    const extension = (extname(source) || basename(source)).toLowerCase();
    counts.set(extension, (counts.get(extension) ?? 0) + 1);
  }
  return [...counts]
    .map(([extension, files]) => ({ extension, files }))
    .sort((a, b) => b.files - a.files || compareCodePoints(a.extension, b.extension));
}

/** Whether a glob without braces ends with the extension of a file: `*.py`, `src/main.py`. */
function namesExtension(glob: string, source: string): boolean {
  const extension = extname(source).toLowerCase();
  return extension !== "" && glob.toLowerCase().endsWith(extension);
}

/** Links in the sentence at most. */
const linksNamed = 3;

function notFollowed(links: readonly string[]): string {
  const names = links.slice(0, linksNamed).map((link) => `"${link}"`);
  const more = links.length > names.length ? `${names.join(", ")}, …` : names.join(", ");
  const [count, verb] = links.length === 1 ? ["1 link", "leads"] : [`${links.length} links`, "lead"];
  return `${count} ${verb} out of the folder that was named and ${links.length === 1 ? "was" : "were"} not followed: ${more} (--follow-links follows them)`;
}

function isEmpty({ files, unreadable, misnamed, special, outside }: Walk): boolean {
  return [files, unreadable, misnamed, special, outside].every((found) => found.length === 0);
}

function notReadable(source: string, error: NodeJS.ErrnoException): DiscoveryFailure {
  return { source: source || ".", code: "not-readable", message: `cannot be read: ${reasonOf(error)}` };
}

function misnamed(source: string, isFolder: boolean): DiscoveryFailure {
  const message = `the name is not valid UTF-8; rename the ${isFolder ? "folder" : "file"}`;
  return { source, code: "name-not-utf8", message };
}

/** Reads the sizes of files, sorted by source. A file that cannot be read joins the failures. */
async function withSizes(
  paths: ReadonlyMap<string, string>,
  failures: Map<string, DiscoveryFailure>,
): Promise<DiscoveredFile[]> {
  const sorted = [...paths].sort(([a], [b]) => compareCodePoints(a, b));
  const files: DiscoveredFile[] = [];
  // A local disk answers sooner than a thread could be asked to; a slow one is asked several things at once.
  let isFast = true;
  for (let start = 0; start < sorted.length; start += statsAtOnce) {
    const batch = sorted.slice(start, start + statsAtOnce);
    const started = performance.now();
    const found = isFast
      ? batch.map(([, path]) => statNow(path))
      : await Promise.all(batch.map(([, path]) => statSoon(path)));
    if (isFast) {
      isFast = performance.now() - started < slowBatchMs;
      await nextTurn();
    }
    for (const [index, [source, path]] of batch.entries()) {
      const result = found[index];
      if (result === undefined) continue;
      if (!(result instanceof Error)) files.push({ source, path, size: result.size });
      // A file that went away meanwhile is gone.
      else if (result.code !== "ENOENT") failures.set(source, notReadable(source, result));
    }
  }
  return files;
}

type Found = { size: number } | NodeJS.ErrnoException;

function statNow(path: string): Found {
  try {
    return statSync(path);
  } catch (error) {
    return error as NodeJS.ErrnoException;
  }
}

function statSoon(path: string): Promise<Found> {
  return stat(path).catch((error: NodeJS.ErrnoException) => error);
}

function isBelow(source: string, folder: string): boolean {
  return folder === "" ? !source.startsWith("../") : source === folder || source.startsWith(`${folder}/`);
}
