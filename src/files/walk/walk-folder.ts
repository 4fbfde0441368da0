import type { Dirent } from "node:fs";
import { lstat, stat } from "node:fs";
import { readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { callbackify } from "node:util";
import { isIgnored, rulesAround, withRulesOf } from "../ignore-rules.ts";
import type { IgnoreRules } from "../ignore-rules.ts";
import { kindBehind, kindOf } from "./entry-kind.ts";
import { createLinkRules } from "./links.ts";
import { type Misnamed, garbledNames } from "./misnamed.ts";

/** What was found below a folder. */
export interface Walk {
  /** Absolute paths, in no order. */
  files: string[];
  /** Folders and links that could not be read: their content is unknown. Absolute paths. */
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

/** Characters in names that fast-glob takes for patterns, or loses. */
const unlikeGlob = /[\\\p{Cc}]/u;

export interface WalkOptions {
  /** Absolute. */
  folder: string;
  /** The topmost folder whose ignore files count, absolute. */
  root: string;
  /** Without braces; `null`: everything that is not hidden. */
  globs: readonly string[] | null;
  /** Whether the globs match a path: asked for names that fast-glob cannot judge, and for what is reported. */
  matches(path: string): boolean;
  /** Follow links that lead out of the folder. */
  followLinks: boolean;
}

/**
 * The files below an absolute folder that match and that no ignore file from `root` downwards leaves out.
 *
 * Without a glob, every folder that is not hidden is walked; with globs, only those that they can lead to.
 *
 * Links to files in the folder are followed. Links to folders inside of the walk are not: their files are found at
 * their own place, so that loops end and nothing is found twice. Links that lead out of the folder are followed on
 * request alone, because whoever made the link, not the user, chose its target. A folder that cannot be read is
 * reported and does not stop the walk.
 */
export async function walkFolder(options: WalkOptions): Promise<Walk> {
  const { folder, globs, matches } = options;
  const walk: Walk = { files: [], unreadable: [], misnamed: [], special: [], loops: [], ignored: [], outside: [] };
  const readEntries = await entryReader(options, walk);

  if (globs === null) await collect(folder);
  else walk.files.push(...(await globbed(folder, globs, readForGlob)));
  return walk;

  /** Returns the entries whose names fast-glob can match, and collects the others itself. */
  async function readForGlob(directory: string): Promise<Dirent[]> {
    const entries = await readEntries(directory);
    const unlike = entries.filter(({ entry }) => unlikeGlob.test(entry.name));
    await Promise.all(unlike.map(take));
    return entries.filter(({ entry }) => !unlikeGlob.test(entry.name)).map(({ entry }) => entry);
  }

  async function collect(directory: string): Promise<void> {
    await Promise.all((await readEntries(directory)).map(take));
  }

  async function take({ path, isFolder }: Entry): Promise<void> {
    if (isFolder) await collect(path);
    else if (globs === null || matches(path)) walk.files.push(path);
  }
}

/** Matches globs below a folder with fast-glob, which reads each folder through `readFolder`. */
async function globbed(
  folder: string,
  globs: readonly string[],
  readFolder: (directory: string) => Promise<Dirent[]>,
): Promise<string[]> {
  const { default: fastGlob } = await import("fast-glob");
  const readdirForGlob = callbackify((directory: string, _options: unknown) => readFolder(withoutEndSlash(directory)));
  return fastGlob([...globs], {
    cwd: folder,
    absolute: true,
    onlyFiles: true,
    unique: true,
    braceExpansion: false,
    fs: { lstat, stat, readdir: readdirForGlob as never },
  });
}

function withoutEndSlash(path: string): string {
  return path.length > 1 ? path.replace(/(?<![\\/])[\\/]+$/, "") : path;
}

/** A file or folder that the walk takes. */
interface Entry {
  entry: Dirent;
  path: string;
  isFolder: boolean;
}

/** Returns a function that gives the entries of a folder which the walk takes, and reports the others in `walk`. */
async function entryReader(
  { folder, root, globs, matches, followLinks }: WalkOptions,
  walk: Walk,
): Promise<(directory: string) => Promise<Entry[]>> {
  const rulesIn = new Map<string, IgnoreRules>([[dirname(folder), await rulesAround(folder, root)]]);
  const links = await createLinkRules({ folder, followLinks, onLoop: (path) => walk.loops.push(path) });
  const mayHoldMatches = globs?.some((glob) => glob.includes("**")) !== false;

  async function namesIn(directory: string): Promise<Dirent[]> {
    return readdir(directory, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
      // A folder below the top that vanished is gone. A vanished top is reported: its documents may still exist.
      if (error.code !== "ENOENT" || directory === folder) walk.unreadable.push({ path: directory, error });
      return [];
    });
  }

  return async (directory) => {
    const entries = await namesIn(directory);
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
      const isLink = entry.isSymbolicLink();
      if (isFolder && isNeverEntered(entry.name)) continue;
      if (isIgnored(path, isFolder, rules)) {
        if (isFolder) walk.ignored.push(path);
      } else if (isGarbled) {
        if (isFolder ? mayHoldMatches : matches(path)) walk.misnamed.push({ path, isFolder });
      } else if (isLink && (kind === "file" || isFolder) && (await links.leadsOut(path, directory))) {
        if (isFolder || matches(path)) walk.outside.push(path);
      } else if (kind === "special") {
        if (matches(path)) walk.special.push(path);
      } else if (kind instanceof Error) {
        if (matches(path)) walk.unreadable.push({ path, error: kind });
      } else if (kind === "file" || (isFolder && (await links.enters(path, isLink, directory)))) {
        kept.push({ entry, path, isFolder });
      }
    }
    return kept;
  };
}
