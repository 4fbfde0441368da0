import { lstat, readdir, stat } from "node:fs/promises";
import { basename, dirname, extname, isAbsolute, relative, resolve, sep } from "node:path";
import ignore from "ignore";
import { UserError, messageOf } from "../../errors.ts";
import { closest } from "../../util/closest.ts";
import { type Misnamed, type Walk, isNeverEntered, misnamedOnPath, walkFolder } from "../../files/walk-folder.ts";

/** A file to ingest. */
export interface DiscoveredFile {
  /** Posix path relative to the project root (`../x` outside of it): the document's identity. */
  source: string;
  /** Absolute. */
  path: string;
  /** In bytes. */
  size: number;
}

/** What should have been ingested and cannot be: a file, or a folder with all that it may hold. */
export interface DiscoveryFailure {
  /** As in `DiscoveredFile`; `.` for the project root. */
  source: string;
  /** `not-readable` or `name-not-utf8`. */
  code: string;
  message: string;
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
  /** Sorted by source, each once. A source in or below one of them is not covered. */
  failures: DiscoveryFailure[];
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
  /**
   * Whether a file of this name is taken from folders and globs. `isAskedFor`: an `include` pattern or the glob itself
   * names its extension.
   */
  isSupported(path: string, isAskedFor: boolean): boolean;
}

/** A file, a folder, or a glob below a folder; or what is there and cannot be named. */
type Root =
  | { kind: "file"; path: string }
  | { kind: "misnamed"; found: Misnamed }
  | { kind: "folder"; folder: string; glob: string | null; matches(path: string): boolean };

/** Open files at most while sizes are read. */
const statsAtOnce = 256;

/**
 * Finds the files to ingest. `.gitignore` and `.ragignore` hold in folders and globs; a file that is named outright is
 * taken unless `include` or `exclude` leave it out.
 *
 * Throws `UserError` `empty-path`, `path-not-found`, `path-unreadable`, `not-a-file` and `no-match` (exit 2) before
 * anything else happens.
 */
export async function discover(options: DiscoverOptions): Promise<Discovery> {
  const { root } = options;
  const { isWanted, isExcluded } = selection(options.include, options.exclude);
  const isSupported = (source: string, glob: string | null) =>
    options.isSupported(
      source,
      [...options.include, glob ?? ""].some((pattern) => namesExtension(pattern, source)),
    );
  const sourceOf = (path: string) => posix(relative(root, path));
  const roots: Root[] = [];
  for (const path of options.paths) roots.push(await resolveRoot(path, options.workingDirectory));

  const paths = new Map<string, string>();
  const failures = new Map<string, DiscoveryFailure>();
  const warnings = new Set<string>();
  let skipped = 0;
  const noteMisnamed = ({ path, isFolder }: Misnamed, isWelcome: (source: string) => boolean): void => {
    const source = sourceOf(path);
    if (isFolder ? isExcluded(`${source}/`) : !isWanted(source)) return;
    if (isFolder || isWelcome(source)) failures.set(source, misnamed(source, isFolder));
    else skipped += 1;
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
    const walk = await walkFolder({ ...place, root });
    if (place.glob !== null && isEmpty(walk)) {
      throw new UserError("no-match", `no file matches "${options.paths[index]}"`, {
        hint: "quote the glob, so that the shell passes it on as it is; files that .gitignore or .ragignore leave out do not match",
      });
    }
    for (const path of walk.files) {
      const source = sourceOf(path);
      if (!isWanted(source)) continue;
      if (isSupported(source, place.glob)) paths.set(source, resolve(path));
      else skipped += 1;
    }
    for (const { path, error } of walk.unreadable) {
      const source = sourceOf(path);
      if (!isExcluded(`${source}/`)) failures.set(source, notReadable(source, error));
    }
    for (const found of walk.misnamed) noteMisnamed(found, (source) => isSupported(source, place.glob));
    for (const source of walk.special.map(sourceOf).filter(isWanted)) {
      warnings.add(`"${source}" is a pipe, a socket or a device, and was left out`);
    }
    for (const source of walk.loops.map(sourceOf)) {
      warnings.add(`"${source}" links to a folder that it is in, and was not followed`);
    }
  }

  const files = await withSizes(paths, failures);
  // What cannot be read is not known to be gone, nor is anything in it.
  const unknown = [...failures.keys()];
  return {
    files,
    covers(source) {
      if (!isWanted(source) || unknown.some((place) => isBelow(source, place))) return false;
      const path = resolve(root, source);
      return roots.some((place) => {
        if (place.kind === "misnamed") return false;
        return place.kind === "file" ? place.path === path : isSupported(source, place.glob) && place.matches(path);
      });
    },
    failures: [...failures.values()].sort((a, b) => compareCodePoints(a.source, b.source)),
    warnings: [...warnings].sort(compareCodePoints),
    skipped,
  };
}

/** Whether a pattern ends with the extension of a file, alone or in braces: `*.py`, `src/main.py`, `src/*.{ts,py}`. */
function namesExtension(pattern: string, source: string): boolean {
  const extension = extname(source).slice(1).toLowerCase();
  const [, alternatives = ""] = /\.\{([^{}]*)\}$/.exec(pattern.toLowerCase()) ?? [];
  return (
    extension !== "" && (alternatives.split(",").includes(extension) || pattern.toLowerCase().endsWith(`.${extension}`))
  );
}

function isEmpty({ files, unreadable, misnamed, special }: Walk): boolean {
  return [files, unreadable, misnamed, special].every((found) => found.length === 0);
}

function notReadable(source: string, error: NodeJS.ErrnoException): DiscoveryFailure {
  return { source: source || ".", code: "not-readable", message: `cannot be read: ${reasonOf(error)}` };
}

function misnamed(source: string, isFolder: boolean): DiscoveryFailure {
  const message = `the name is not valid UTF-8; rename the ${isFolder ? "folder" : "file"}`;
  return { source, code: "name-not-utf8", message };
}

function reasonOf(error: NodeJS.ErrnoException): string {
  return error.code === "EACCES" || error.code === "EPERM" ? "permission denied" : (error.code ?? messageOf(error));
}

async function resolveRoot(path: string, workingDirectory: string): Promise<Root> {
  if (path === "") {
    throw new UserError("empty-path", "a path is empty", {
      hint: 'perhaps a variable of the shell is not set; the working folder itself is "."',
    });
  }
  const absolute = resolve(workingDirectory, path);
  const found = await stat(absolute).catch((error: NodeJS.ErrnoException) => error);
  if (!(found instanceof Error)) {
    if (found.isDirectory()) return folderRoot(absolute, null);
    if (found.isFile()) return { kind: "file", path: absolute };
    throw new UserError("not-a-file", `"${path}" is neither a file nor a folder but a pipe, a socket or a device`, {
      hint: "write what it delivers to a file, and ingest that",
    });
  }
  const unnameable = await misnamedOnPath(absolute);
  if (unnameable !== null) return { kind: "misnamed", found: unnameable };
  const { default: fastGlob } = await import("fast-glob");
  const pattern = sep === "\\" ? fastGlob.convertPathToPattern(path) : path;
  // A broken link is there, whatever characters it has.
  if (!fastGlob.isDynamicPattern(pattern) || (await isThere(absolute))) throw await notFound(path, absolute, found);
  const { base, glob } = splitGlob(pattern);
  const folder = resolve(workingDirectory, base);
  const start = await stat(folder).catch((error: NodeJS.ErrnoException) => error);
  if (start instanceof Error) throw await notFound(base, folder, start);
  if (!start.isDirectory()) {
    throw new UserError("path-not-found", `"${base}" is not a folder`, { hint: `nothing can match "${path}"` });
  }
  return folderRoot(folder, glob);
}

async function folderRoot(folder: string, glob: string | null): Promise<Root> {
  const isMatch = glob === null ? isVisible : await globMatcher(glob);
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

function isVisible(path: string): boolean {
  return !path.split("/").some((name) => name.startsWith("."));
}

async function globMatcher(glob: string): Promise<(path: string) => boolean> {
  // What fast-glob matches with, and with the settings that it has there; a name may have several lines.
  const { default: micromatch } = await import("micromatch");
  // The types take the flags of the regular expression for a switch.
  const flags: object = { flags: "s" };
  return micromatch.matcher(glob, { dot: false, posix: true, strictSlashes: false, ...flags });
}

/** The folders at the front of a glob that are plain names, and the rest: `docs/en/*.md` → `docs/en`, `*.md`. */
function splitGlob(pattern: string): { base: string; glob: string } {
  const segments = pattern.split("/");
  const first = segments.findIndex((segment) => /[*?[\](){}!+@|\\]/.test(segment));
  const base = segments.slice(0, first).join("/");
  return { base: pattern.startsWith("/") && base === "" ? "/" : base || ".", glob: segments.slice(first).join("/") };
}

async function notFound(path: string, absolute: string, error: NodeJS.ErrnoException): Promise<UserError> {
  if (!["ENOENT", "ENOTDIR"].includes(error.code ?? "")) {
    return new UserError("path-unreadable", `"${path}" cannot be read: ${reasonOf(error)}`, {
      hint: "check the permissions of the path and of the folders above it",
      cause: error,
    });
  }
  if (await isThere(absolute)) {
    return new UserError("path-not-found", `"${path}" is a link to a file that does not exist`, {
      hint: "mend the link, or name the file itself",
    });
  }
  const typed = basename(absolute);
  const neighbours = await readdir(dirname(absolute)).catch(() => []);
  const similar = closest(
    typed,
    neighbours.filter((name) => name !== typed),
  );
  const name = path.replace(/[\\/]+$/, "");
  const suggestion = similar === null ? null : name.slice(0, name.length - basename(name).length) + similar;
  return new UserError("path-not-found", `"${path}" does not exist`, {
    hint: suggestion === null ? "paths are relative to the working folder" : `did you mean "${suggestion}"?`,
  });
}

/** Whether there is anything at a path, if only a link to nowhere. */
async function isThere(absolute: string): Promise<boolean> {
  return lstat(absolute).then(
    () => true,
    () => false,
  );
}

/** What `--include` and `--exclude` let through: of files, and (by `isExcluded`, with a slash at the end) of folders. */
function selection(include: readonly string[], exclude: readonly string[]) {
  const included = ignore().add([...include]);
  const excluded = ignore().add([...exclude]);
  // The patterns are relative to the project root; outside of it only names can match.
  const withoutWayUp = (source: string) => source.replace(/^(?:\.\.\/)+/, "");
  return {
    isWanted(source: string): boolean {
      const path = withoutWayUp(source);
      if (!ignore.isPathValid(path)) return include.length === 0;
      return (include.length === 0 || included.ignores(path)) && !excluded.ignores(path);
    },
    isExcluded(folder: string): boolean {
      const path = withoutWayUp(folder);
      return ignore.isPathValid(path) && excluded.ignores(path);
    },
  };
}

/** Adds to the failures what cannot be looked at. */
async function withSizes(
  paths: ReadonlyMap<string, string>,
  failures: Map<string, DiscoveryFailure>,
): Promise<DiscoveredFile[]> {
  const sorted = [...paths].sort(([a], [b]) => compareCodePoints(a, b));
  const files: DiscoveredFile[] = [];
  for (let start = 0; start < sorted.length; start += statsAtOnce) {
    const batch = sorted.slice(start, start + statsAtOnce).map(async ([source, path]) => {
      const found = await stat(path).catch((error: NodeJS.ErrnoException) => error);
      if (!(found instanceof Error)) return [{ source, path, size: found.size }];
      // A file that went away meanwhile is gone.
      if (found.code !== "ENOENT") failures.set(source, notReadable(source, found));
      return [];
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
