import { readdir, stat } from "node:fs/promises";
import { basename, dirname, isAbsolute, relative, resolve, sep } from "node:path";
import ignore from "ignore";
import { UserError } from "../errors.ts";
import { closest } from "../util/closest.ts";
import { isNeverEntered, walkFolder } from "../util/walk-folder.ts";

/** A file to ingest. */
export interface DiscoveredFile {
  /** Posix path relative to the project root (`../x` outside of it): the document's identity. */
  source: string;
  /** Absolute. */
  path: string;
  /** In bytes. */
  size: number;
}

/** What an ingest is about. */
export interface Discovery {
  /** Sorted by source (code point order), each file once. */
  files: DiscoveredFile[];
  /**
   * Whether a source is one that this discovery finds when the file is there. A stored source that is covered and not
   * among the files is gone, and can be removed from the store.
   */
  covers(source: string): boolean;
  /** One sentence each: what was left out and should not surprise anybody. */
  warnings: string[];
  /** Files in the folders and globs whose format nobody loads. */
  skipped: number;
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
  /** Whether a loader exists for a file of this name. Asked of what is met in folders and globs. */
  isSupported(path: string): boolean;
}

/** A file, a folder, or a glob below a folder. */
type Root =
  | { kind: "file"; path: string }
  | { kind: "folder"; folder: string; glob: string; matches(path: string): boolean };

/** Open files at most while sizes are read. */
const statsAtOnce = 256;

/**
 * Finds the files to ingest. `.gitignore` and `.ragignore` hold in folders and globs; a file that is named outright is
 * taken unless `include` or `exclude` leave it out.
 *
 * Throws `UserError` `path-not-found` and `no-match` (exit 2) before anything else happens.
 */
export async function discover(options: DiscoverOptions): Promise<Discovery> {
  const { root, isSupported } = options;
  const isWanted = selection(options.include, options.exclude);
  const sourceOf = (path: string) => posix(relative(root, path));
  const roots: Root[] = [];
  for (const path of options.paths) roots.push(await resolveRoot(path, options.workingDirectory));

  const paths = new Map<string, string>();
  const unreadable: string[] = [];
  const warnings: string[] = [];
  let skipped = 0;
  for (const [index, place] of roots.entries()) {
    if (place.kind === "file") {
      if (isWanted(sourceOf(place.path))) paths.set(sourceOf(place.path), place.path);
      continue;
    }
    const walk = await walkFolder({ folder: place.folder, glob: place.glob, root });
    if (walk.files.length === 0 && place.glob !== everything && walk.unreadable.length === 0) {
      throw new UserError("no-match", `no file matches "${options.paths[index]}"`, {
        hint: "quote the glob, so that the shell passes it on as it is; files that .gitignore or .ragignore leave out do not match",
      });
    }
    for (const path of walk.files) {
      const source = sourceOf(path);
      if (!isWanted(source)) continue;
      if (isSupported(source)) paths.set(source, resolve(path));
      else skipped += 1;
    }
    unreadable.push(...walk.unreadable.map(sourceOf));
    warnings.push(
      ...walk.unreadable.map((path) => `the folder "${sourceOf(path) || "."}" cannot be read and was left out`),
      ...walk.loops.map((path) => `"${sourceOf(path)}" links to a folder that it is in, and was not followed`),
    );
  }

  return {
    files: await withSizes(paths),
    covers(source) {
      // What an unreadable folder holds is not known: nothing in it counts as gone.
      if (!isWanted(source) || unreadable.some((folder) => isBelow(source, folder))) return false;
      const path = resolve(root, source);
      return roots.some((place) =>
        place.kind === "file" ? place.path === path : isSupported(source) && place.matches(path),
      );
    },
    warnings: [...new Set(warnings)],
    skipped,
  };
}

const everything = "**";

async function resolveRoot(path: string, workingDirectory: string): Promise<Root> {
  const absolute = resolve(workingDirectory, path);
  const found = await stat(absolute).catch((error: NodeJS.ErrnoException) => error);
  if (!(found instanceof Error)) {
    return found.isDirectory() ? folderRoot(absolute, everything) : { kind: "file", path: absolute };
  }
  const { default: fastGlob } = await import("fast-glob");
  const pattern = sep === "\\" ? fastGlob.convertPathToPattern(path) : path;
  if (!fastGlob.isDynamicPattern(pattern)) throw await notFound(path, absolute, found);
  const { base, glob } = splitGlob(pattern);
  const folder = resolve(workingDirectory, base);
  const isFolder = await stat(folder).then(
    (entry) => entry.isDirectory(),
    () => false,
  );
  if (!isFolder) throw await notFound(base, folder, null);
  return folderRoot(folder, glob);
}

async function folderRoot(folder: string, glob: string): Promise<Root> {
  // What fast-glob matches with, and with the settings that it has there.
  const { default: micromatch } = await import("micromatch");
  const isMatch = micromatch.matcher(glob, { dot: false, posix: true, strictSlashes: false });
  return {
    kind: "folder",
    folder,
    glob,
    matches(path) {
      const inside = posix(relative(folder, path));
      if (inside === "" || inside.startsWith("../") || isAbsolute(inside)) return false;
      return !inside.split("/").slice(0, -1).some(isNeverEntered) && isMatch(inside);
    },
  };
}

/** The folders at the front of a glob that are plain names, and the rest: `docs/en/*.md` → `docs/en`, `*.md`. */
function splitGlob(pattern: string): { base: string; glob: string } {
  const segments = pattern.split("/");
  const first = segments.findIndex((segment) => /[*?[\](){}!+@|\\]/.test(segment));
  const base = segments.slice(0, first).join("/");
  return { base: pattern.startsWith("/") && base === "" ? "/" : base || ".", glob: segments.slice(first).join("/") };
}

async function notFound(path: string, absolute: string, error: NodeJS.ErrnoException | null): Promise<UserError> {
  if (error !== null && !["ENOENT", "ENOTDIR"].includes(error.code ?? "")) {
    return new UserError("path-unreadable", `"${path}" cannot be read: ${error.code ?? error.message}`, {
      hint: "check the permissions of the path and of the folders above it",
      cause: error,
    });
  }
  const neighbours = await readdir(dirname(absolute)).catch(() => []);
  const similar = closest(basename(absolute), neighbours);
  const name = path.replace(/[\\/]+$/, "");
  const suggestion = similar === null ? null : name.slice(0, name.length - basename(name).length) + similar;
  return new UserError("path-not-found", `"${path}" does not exist`, {
    hint: suggestion === null ? "paths are relative to the working folder" : `did you mean "${suggestion}"?`,
  });
}

/** What `--include` and `--exclude` let through. */
function selection(include: readonly string[], exclude: readonly string[]): (source: string) => boolean {
  const included = ignore().add([...include]);
  const excluded = ignore().add([...exclude]);
  return (source) => {
    // The patterns are relative to the project root; outside of it only names can match.
    const path = source.replace(/^(?:\.\.\/)+/, "");
    if (!ignore.isPathValid(path)) return include.length === 0;
    return (include.length === 0 || included.ignores(path)) && !excluded.ignores(path);
  };
}

async function withSizes(paths: ReadonlyMap<string, string>): Promise<DiscoveredFile[]> {
  const sorted = [...paths].sort(([a], [b]) => compareCodePoints(a, b));
  const files: DiscoveredFile[] = [];
  for (let start = 0; start < sorted.length; start += statsAtOnce) {
    const batch = sorted.slice(start, start + statsAtOnce).map(async ([source, path]) => {
      // A file that went away meanwhile is gone.
      const found = await stat(path).catch(() => null);
      return found === null ? [] : [{ source, path, size: found.size }];
    });
    files.push(...(await Promise.all(batch)).flat());
  }
  return files;
}

/** Order of UTF-8 bytes, which every system and database agrees on. */
function compareCodePoints(a: string, b: string): number {
  if (/[\uD800-\uDFFF]/.test(a) || /[\uD800-\uDFFF]/.test(b)) return Buffer.compare(Buffer.from(a), Buffer.from(b));
  return a < b ? -1 : a > b ? 1 : 0;
}

function isBelow(source: string, folder: string): boolean {
  return folder === "" ? !source.startsWith("../") : source === folder || source.startsWith(`${folder}/`);
}

function posix(path: string): string {
  return sep === "/" ? path : path.replaceAll(sep, "/");
}
