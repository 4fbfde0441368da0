import { dirname, join, sep } from "node:path";
import ignore from "ignore";
import type { Ignore } from "ignore";
import { commonGitFolder, repositoryTop } from "./git/repository.ts";
import { readRegularFile } from "./read-regular-file.ts";
import { isInside } from "./real-path.ts";

/** The files that say what is left out, the later one overruling the earlier. */
const ignoreFiles = [".gitignore", ".ragignore"] as const;

/** The name that a repository's top folder holds; git's own `info/exclude` is found through it. */
const gitName = ".git";

/** A longer ignore file is passed over, as one that cannot be read is. */
const maxIgnoreBytes = 1_000_000;

/**
 * Times that two stars and a slash may stand in a rule; a rule with more is passed over. Each is tried at every folder of a path, so that k
 * of them take n^k / k! steps for a path of n folders, which a repository may have in hundreds.
 */
const maxDeepStars = 2;

/** Paths after which a matcher is renewed: it remembers each path that it has judged. */
const pathsRemembered = 10_000;

/** The rules of the ignore files in one folder. */
interface Level {
  folder: string;
  rules: Ignore;
  /** Paths that `rules` has judged. */
  judged: number;
}

/** The rules that hold in a folder, from the outermost level to its own. */
export type IgnoreRules = readonly Level[];

/**
 * Adds a folder's own ignore files to the rules that hold around it, `.git/info/exclude` included where the folder is
 * the top of a repository. `names`: what the folder holds, as far as it is known.
 */
export async function withRulesOf(folder: string, outer: IgnoreRules, names: Iterable<string>): Promise<IgnoreRules> {
  const present = new Set(names);
  const files = ignoreFiles.filter((name) => present.has(name)).map((name) => join(folder, name));
  const repository = present.has(gitName) ? await commonGitFolder(folder) : null;
  // First, since any ignore file of the work tree overrules it.
  if (repository !== null) files.unshift(join(repository, "info", "exclude"));
  const texts: string[] = [];
  for (const file of files) {
    const bytes = await readRegularFile(file, maxIgnoreBytes).catch(() => null);
    if (bytes !== null) texts.push(boundedRules(bytes.toString("utf8")));
  }
  return texts.length === 0 ? outer : [...outer, { folder, rules: ignore().add(texts.join("\n")), judged: 0 }];
}

/** The rules that are fast enough to try. Stars for any folders that stand side by side are made one, which means the same. */
function boundedRules(text: string): string {
  const isBounded = (rule: string): boolean => rule.split("**/").length - 1 <= maxDeepStars;
  const rules = text.split("\n").map((rule) => rule.replaceAll(/(?<=^!?|\/)(?:\*\*\/)+/g, "**/"));
  return rules.filter(isBounded).join("\n");
}

/**
 * The rules that the folders around `folder` set for what is inside it: from the top of its repository or from `root`,
 * whichever is further up. None where `folder` is ignored itself and was named all the same.
 */
export async function rulesAround(folder: string, root: string): Promise<IgnoreRules> {
  const tops = [root, await repositoryTop(folder)].filter((top) => top !== null && isInside(folder, top));
  const parents: string[] = [];
  for (let below = folder; tops.some((top) => top !== null && top.length < below.length); below = dirname(below)) {
    parents.unshift(dirname(below));
  }
  let rules: IgnoreRules = [];
  for (const parent of parents) rules = await withRulesOf(parent, rules, [gitName, ...ignoreFiles]);
  return isIgnored(folder, true, rules) ? [] : rules;
}

/** Whether the rules leave out this file or folder. The innermost rule that speaks of it decides. */
export function isIgnored(path: string, isFolder: boolean, rules: IgnoreRules): boolean {
  for (let index = rules.length - 1; index >= 0; index -= 1) {
    const level = rules[index];
    if (level === undefined) continue;
    const inside = path.slice(level.folder === sep ? 1 : level.folder.length + 1).replaceAll(sep, "/");
    if (++level.judged % pathsRemembered === 0) level.rules = ignore().add(level.rules);
    const { ignored, unignored } = level.rules.test(isFolder ? `${inside}/` : inside);
    if (ignored) return true;
    if (unignored) return false;
  }
  return false;
}
