import { dirname, join, sep } from "node:path";
import ignore from "ignore";
import type { Ignore } from "ignore";
import { readRegularFile } from "./read-regular-file.ts";

/** The files that say what is left out, the later one overruling the earlier. */
const ignoreFiles = [".gitignore", ".ragignore"] as const;

/** A longer ignore file is passed over, as one that cannot be read is. */
const maxIgnoreBytes = 1_000_000;

/** The rules of the ignore files in one folder. */
interface Level {
  folder: string;
  rules: Ignore;
}

/** The rules that hold in a folder, from the outermost level to its own. */
export type IgnoreRules = readonly Level[];

/** Adds a folder's own ignore files to the rules that hold around it. */
export async function withRulesOf(folder: string, outer: IgnoreRules, names: Iterable<string>): Promise<IgnoreRules> {
  const present = new Set(names);
  const texts: string[] = [];
  for (const name of ignoreFiles) {
    if (!present.has(name)) continue;
    const bytes = await readRegularFile(join(folder, name), maxIgnoreBytes).catch(() => null);
    texts.push(bytes?.toString("utf8") ?? "");
  }
  return texts.length === 0 ? outer : [...outer, { folder, rules: ignore().add(texts.join("\n")) }];
}

/**
 * The rules that the folders from `root` to the parent of `folder` set for what is inside `folder`: none where
 * `folder` is outside of `root`, or is ignored itself and was named all the same.
 */
export async function rulesAround(folder: string, root: string): Promise<IgnoreRules> {
  if (!folder.startsWith(root === sep ? root : root + sep)) return [];
  const parents: string[] = [];
  for (let parent = dirname(folder); parent.length >= root.length; parent = dirname(parent)) {
    parents.unshift(parent);
    if (parent === dirname(parent)) break;
  }
  let rules: IgnoreRules = [];
  for (const parent of parents) rules = await withRulesOf(parent, rules, ignoreFiles);
  return isIgnored(folder, true, rules) ? [] : rules;
}

/** Whether the rules leave out this file or folder. The innermost rule that speaks of it decides. */
export function isIgnored(path: string, isFolder: boolean, rules: IgnoreRules): boolean {
  for (let index = rules.length - 1; index >= 0; index -= 1) {
    const level = rules[index];
    if (level === undefined) continue;
    const inside = path.slice(level.folder === sep ? 1 : level.folder.length + 1).replaceAll(sep, "/");
    const { ignored, unignored } = level.rules.test(isFolder ? `${inside}/` : inside);
    if (ignored) return true;
    if (unignored) return false;
  }
  return false;
}
