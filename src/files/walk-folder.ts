import type { Dirent } from "node:fs";
import { lstat, stat } from "node:fs";
import { readdir, realpath, stat as statOf } from "node:fs/promises";
import { dirname, join, parse, sep } from "node:path";
import { callbackify } from "node:util";
import { isIgnored, rulesAround, withRulesOf } from "./ignore-rules.ts";
import type { IgnoreRules } from "./ignore-rules.ts";
import { isInside } from "./real-path.ts";

/** What has bytes in its name that are not UTF-8, so that no text names it; the path shows them as U+FFFD. */
export interface Misnamed {
  /** Absolute. */
  path: string;
  isFolder: boolean;
}

/** What was found below a folder. */
export interface Walk {
  /** Absolute paths, in no order. */
  files: string[];
  /** Folders, and links, that could not be read, absolute: what they hold is not known. */
  unreadable: { path: string; error: NodeJS.ErrnoException }[];
  misnamed: Misnamed[];
  /** Pipes, sockets and devices, absolute. */
  special: string[];
  /** Links to a folder that they are in, absolute; they were not followed. */
  loops: string[];
  /** Folders that an ignore file leaves out, absolute. */
  ignored: string[];
  /** Links to a file or folder outside of the one that was walked, absolute; they were not followed. */
  outside: string[];
}

/** Folders that hold no documents of the project: version control, packages, and the stores themselves. */
export function isNeverEntered(name: string): boolean {
  return name === ".git" || name === "node_modules" || name === ".rag" || name.endsWith(".db");
}

/** Names that fast-glob takes for patterns, or loses. */
const unlikeGlob = /[\\\p{Cc}]/u;

/**
 * The files below an absolute folder that match and that no ignore file from `root` downwards leaves out.
 *
 * Without a glob, everything that is not hidden is walked. With one, only the folders that it can lead to; `matches`
 * says what the glob says, for the names that cannot be left to fast-glob.
 *
 * Links to files in the folder are followed. What a link to a folder inside of the walk leads to is found at its own
 * place, so that loops end and nothing is found twice. Links that lead out of the folder are followed on request alone:
 * whoever made them chose what they lead to. A folder that cannot be read is reported and does not stop the walk.
 */
export async function walkFolder(options: {
  folder: string;
  root: string;
  /** Without braces. */
  globs: readonly string[] | null;
  matches(path: string): boolean;
  /** Follow links that lead out of the folder. */
  followLinks: boolean;
}): Promise<Walk> {
  const { folder, root, globs, matches, followLinks } = options;
  const walk: Walk = { files: [], unreadable: [], misnamed: [], special: [], loops: [], ignored: [], outside: [] };
  const rulesIn = new Map<string, IgnoreRules>([[dirname(folder), await rulesAround(folder, root)]]);
  const realTop = await realpath(folder);
  /** Where the folders really are: links are followed by the caller's name, and told apart by this one. */
  const realPathOf = new Map<string, string>([[folder, realTop]]);

  if (globs === null) await collect(folder);
  else walk.files.push(...(await globbed(globs)));
  return walk;

  async function globbed(patterns: readonly string[]): Promise<string[]> {
    const { default: fastGlob } = await import("fast-glob");
    return fastGlob([...patterns], {
      cwd: folder,
      absolute: true,
      onlyFiles: true,
      unique: true,
      braceExpansion: false,
      fs: {
        lstat,
        stat,
        readdir: callbackify((directory: string, _options: unknown) =>
          readForGlob(withoutEndSlash(directory)),
        ) as never,
      },
    });
  }

  /** What fast-glob can judge; the rest is collected here. */
  async function readForGlob(directory: string): Promise<Dirent[]> {
    const entries = await read(directory);
    const unlike = entries.filter(({ entry }) => unlikeGlob.test(entry.name));
    await Promise.all(unlike.map(take));
    return entries.filter(({ entry }) => !unlikeGlob.test(entry.name)).map(({ entry }) => entry);
  }

  async function collect(directory: string): Promise<void> {
    await Promise.all((await read(directory)).map(take));
  }

  async function take({ path, isFolder }: Entry): Promise<void> {
    if (isFolder) await collect(path);
    // Without a glob, what does not match was left out with its folder.
    else if (globs === null || matches(path)) walk.files.push(path);
  }

  /** The files and folders in a folder that are not left out. */
  async function read(directory: string): Promise<Entry[]> {
    const entries = await readdir(directory, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
      // A folder that went away meanwhile is gone; that the top went is no reason to take all in it for gone.
      if (error.code !== "ENOENT" || directory === folder) walk.unreadable.push({ path: directory, error });
      return [];
    });
    const names = entries.map((entry) => entry.name);
    const rules = await withRulesOf(directory, rulesIn.get(dirname(directory)) ?? [], names);
    rulesIn.set(directory, rules);
    const garbled = await garbledNames(directory, names);
    const kept: Entry[] = [];
    for (const entry of entries) {
      if (globs === null && entry.name.startsWith(".")) continue;
      const path = join(directory, entry.name);
      const isGarbled = garbled.has(entry.name);
      const kind = isGarbled ? kindOf(entry) : await kindBehind(entry, path);
      const isFolder = kind === "folder";
      if (isFolder && isNeverEntered(entry.name)) continue;
      if (isIgnored(path, isFolder, rules)) {
        if (isFolder) walk.ignored.push(path);
        continue;
      }
      if (isGarbled) {
        if (isFolder ? globs?.some((glob) => glob.includes("**")) !== false : matches(path))
          walk.misnamed.push({ path, isFolder });
      } else if (entry.isSymbolicLink() && (kind === "file" || isFolder) && (await leadsOut(path, directory))) {
        if (isFolder || matches(path)) walk.outside.push(path);
      } else if (kind === "special") {
        if (matches(path)) walk.special.push(path);
      } else if (kind instanceof Error) {
        if (matches(path)) walk.unreadable.push({ path, error: kind });
      } else if (kind === "file" || (isFolder && (await isEntered(path, entry.isSymbolicLink(), directory)))) {
        kept.push({ entry, path, isFolder });
      }
    }
    return kept;
  }

  /** Whether a link leads out of the walk, and not to a folder around it: that is a loop. */
  async function leadsOut(path: string, parent: string): Promise<boolean> {
    if (followLinks) return false;
    const target = await realpath(path);
    return !isInside(target, realTop) && !isInside(realPathOf.get(parent) ?? parent, target);
  }

  /** Decides on a folder in the walk, and notes where it really is. */
  async function isEntered(path: string, isLink: boolean, parent: string): Promise<boolean> {
    const realParent = realPathOf.get(parent) ?? parent;
    if (!isLink) {
      realPathOf.set(path, join(realParent, path.slice(parent.length)));
      return true;
    }
    const target = await realpath(path);
    if (isInside(realParent, target)) walk.loops.push(path);
    if (isInside(target, realTop) || isAround(target, parent)) return false;
    realPathOf.set(path, target);
    return true;
  }

  /** Whether a folder on the way to this one is the target, or stands in it. */
  function isAround(target: string, directory: string): boolean {
    for (let above = directory; above.length >= folder.length; above = dirname(above)) {
      if (isInside(realPathOf.get(above) ?? above, target)) return true;
      if (above === dirname(above)) break;
    }
    return false;
  }
}

function withoutEndSlash(path: string): string {
  return path.length > 1 ? path.replace(/(?<![\\/])[\\/]+$/, "") : path;
}

interface Entry {
  entry: Dirent;
  path: string;
  isFolder: boolean;
}

function kindOf(found: Pick<Dirent, "isFile" | "isDirectory" | "isSymbolicLink">) {
  if (found.isDirectory()) return "folder";
  return found.isFile() || found.isSymbolicLink() ? "file" : "special";
}

/** What an entry is, or what it links to; `gone` where that is not there, `Error` where the entry cannot be read. */
async function kindBehind(
  entry: Dirent,
  path: string,
): Promise<"file" | "folder" | "special" | "gone" | NodeJS.ErrnoException> {
  if (!entry.isSymbolicLink()) return kindOf(entry);
  return statOf(path).then(kindOf, (error: NodeJS.ErrnoException) =>
    ["ENOENT", "ENOTDIR", "ELOOP"].includes(error.code ?? "") ? "gone" : error,
  );
}

/**
 * What a path leads to that was itself read as text, its bytes that are not UTF-8 as U+FFFD: the first file or folder on
 * its way whose name holds such bytes. `null` where there is none.
 */
export async function misnamedOnPath(path: string): Promise<Misnamed | null> {
  const { root } = parse(path);
  let folder = root;
  for (const name of path.slice(root.length).split(sep)) {
    if (name.includes("\uFFFD")) {
      const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
      const entry = entries.find((candidate) => candidate.name === name);
      if (entry === undefined) return null;
      if ((await garbledNames(folder, [name])).size > 0) {
        return { path: join(folder, name), isFolder: entry.isDirectory() };
      }
    }
    folder = join(folder, name);
  }
  return null;
}

/** Those of the names whose bytes are not UTF-8. */
async function garbledNames(directory: string, names: readonly string[]): Promise<ReadonlySet<string>> {
  if (!names.some((name) => name.includes("\uFFFD"))) return new Set();
  const inBytes = await readdir(directory, { encoding: "buffer" });
  return new Set(inBytes.filter((name) => !Buffer.from(name.toString()).equals(name)).map((name) => name.toString()));
}
