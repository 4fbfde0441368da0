import { lstat, readdir, realpath, stat } from "node:fs/promises";
import { basename, dirname, isAbsolute, relative, resolve, sep } from "node:path";
import { UserError, messageOf } from "../../errors.ts";
import { checkGlob, expandBraces, globMatcher } from "../../files/path-glob.ts";
import { isInside, leadsInto } from "../../files/real-path.ts";
import { type Misnamed, misnamedOnPath } from "../../files/walk/misnamed.ts";
import { isNeverEntered } from "../../files/walk/walk-folder.ts";
import { closest } from "../../util/closest.ts";

/** What a path of the command line names. */
export type Root =
  | { kind: "file"; path: string }
  /** A file or folder whose name is not UTF-8. */
  | { kind: "misnamed"; found: Misnamed }
  /** `globs`: relative to the folder and without braces; `null` for all that is in it. */
  | { kind: "folder"; folder: string; globs: readonly string[] | null; matches(path: string): boolean };

/**
 * Finds what a path names, relative to an absolute folder. Throws `UserError` `empty-path`, `path-not-found`,
 * `path-unreadable`, `not-a-file` and `glob-too-large`.
 */
export async function resolveRoot(path: string, workingDirectory: string): Promise<Root> {
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
  const pattern = posix(path);
  // A broken link exists, whatever characters its name has, so it is no glob.
  if (!fastGlob.isDynamicPattern(pattern) || (await isThere(absolute))) throw await notFound(path, absolute, found);
  checkGlob(pattern);
  const { base, glob } = await splitGlob(pattern, workingDirectory);
  const folder = resolve(workingDirectory, base);
  const start = await stat(folder).catch((error: NodeJS.ErrnoException) => error);
  if (start instanceof Error) throw await notFound(base, folder, start);
  if (!start.isDirectory()) {
    throw new UserError("path-not-found", `"${base}" is not a folder`, { hint: `nothing can match "${path}"` });
  }
  return folderRoot(folder, await expandBraces(glob));
}

/**
 * Refuses a path in the project that a link takes out of it: the project's author chose where it leads, not whoever
 * typed the name. Throws `UserError` `link-outside`.
 */
export async function refuseLinkOutside(
  path: string,
  place: Root,
  { root, workingDirectory }: { root: string; workingDirectory: string },
): Promise<void> {
  if (place.kind === "misnamed") return;
  const named = place.kind === "file" ? place.path : place.folder;
  const around = [root, workingDirectory].find((folder) => isInside(named, folder));
  if (around === undefined || (await leadsInto(around, named))) return;
  const target = await realpath(named);
  throw new UserError("link-outside", `"${path}" is a link that leads out of the project, to ${target}`, {
    hint: "name that path itself, or follow links with --follow-links",
  });
}

async function folderRoot(folder: string, globs: readonly string[] | null): Promise<Root> {
  const isMatch = globs === null ? isVisible : await globMatcher(globs);
  const inFolder = folder.endsWith(sep) ? folder : folder + sep;
  return {
    kind: "folder",
    folder,
    globs,
    matches(path) {
      const inside = posix(path.startsWith(inFolder) ? path.slice(inFolder.length) : relative(folder, path));
      if (inside === "" || inside.startsWith("../") || isAbsolute(inside)) return false;
      return !inside.split("/").slice(0, -1).some(isNeverEntered) && isMatch(inside);
    },
  };
}

function isVisible(path: string): boolean {
  return !path.split("/").some((name) => name.startsWith("."));
}

/**
 * The folders at the front of a glob, and the rest: `docs/en/*.md` → `docs/en`, `*.md`. A folder of that very name is
 * taken literally, whatever characters it has: `app/[id]/*.md` → `app/[id]`, `*.md` where there is such a folder.
 */
async function splitGlob(pattern: string, workingDirectory: string): Promise<{ base: string; glob: string }> {
  const segments = pattern.split("/");
  const pathOf = (count: number): string => {
    const path = segments.slice(0, count).join("/");
    return pattern.startsWith("/") && path === "" ? "/" : path || ".";
  };
  let count = 0;
  for (; count < segments.length - 1; count += 1) {
    if (!/[*?[\](){}!+@|\\]/.test(segments[count] ?? "")) continue;
    const found = await stat(resolve(workingDirectory, pathOf(count + 1))).catch(() => null);
    if (found?.isDirectory() !== true) break;
  }
  return { base: pathOf(count), glob: segments.slice(count).join("/") };
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
  const name = path.replace(/(?<![\\/])[\\/]+$/, "");
  const suggestion = similar === null ? null : name.slice(0, name.length - basename(name).length) + similar;
  return new UserError("path-not-found", `"${path}" does not exist`, {
    hint: suggestion === null ? "paths are relative to the working folder" : `did you mean "${suggestion}"?`,
  });
}

/** Whether anything exists at a path, a broken link included. */
async function isThere(absolute: string): Promise<boolean> {
  return lstat(absolute).then(
    () => true,
    () => false,
  );
}

/** Why a file or folder cannot be read, in words or as the code of the system. */
export function reasonOf(error: NodeJS.ErrnoException): string {
  return error.code === "EACCES" || error.code === "EPERM" ? "permission denied" : (error.code ?? messageOf(error));
}

/** A path with slashes, whatever separates names on this system. Braces and other signs of globs stay. */
export function posix(path: string, separator: string = sep): string {
  return separator === "/" ? path : path.replaceAll(separator, "/");
}
