import { UserError } from "../errors.ts";

const MAX_CHARACTERS = 4_000;
/** Globs that the braces of one glob stand for, at most. */
const MAX_ALTERNATIVES = 1_000;
/**
 * Stars in one name of a path, and `**` in a glob, at most; one at the end is free. Globs become regular expressions
 * that try every way to divide a name of n characters among k stars: n^k / k! steps.
 */
const MAX_STARS = 3;

/**
 * Throws `UserError` `glob-too-large` for a glob that would take too long to match: one of more than 4,000 characters,
 * of braces that stand for more than 1,000 globs (`{1..100000000}`), with more than three stars in one name
 * (`*a*a*a*a*b`) or more than three `**`, or with a repeated group of globs (`+(*a)`).
 */
export function checkGlob(glob: string): void {
  const problem = problemOf(glob);
  if (problem === null) return;
  const shown = glob.length > 60 ? `${glob.slice(0, 60)}…` : glob;
  throw new UserError("glob-too-large", `the glob "${shown}" ${problem.message}`, { hint: problem.hint });
}

function problemOf(glob: string): { message: string; hint: string } | null {
  if (glob.length > MAX_CHARACTERS) {
    return {
      message: `has ${glob.length} characters, more than ${MAX_CHARACTERS}`,
      hint: "name a folder, or list the files in a file for --files-from",
    };
  }
  if (countAlternatives(glob) > MAX_ALTERNATIVES) {
    return {
      message: `has braces that stand for more than ${MAX_ALTERNATIVES} globs`,
      hint: "write * in place of a long range",
    };
  }
  const names = glob.split("/");
  const isStarred = names.some((name) => (name.replace(/(?<!\*)\*+$/, "").match(/\*+|\+\(/g) ?? []).length > MAX_STARS);
  if (isStarred || names.filter((name) => name === "**").length > MAX_STARS) {
    return {
      message: `has more than ${MAX_STARS} stars in one name, or more than ${MAX_STARS} times **`,
      hint: "leave out parts of the glob: one that matches more may do",
    };
  }
  if (/[*+]\([^)]*[*?+[(@!]/.test(glob)) {
    return { message: "repeats a group that has wildcards in it", hint: "write a star in place of the group" };
  }
  return null;
}

/** An upper bound of the number of globs that the braces stand for, found without expanding them. */
function countAlternatives(glob: string): number {
  return glob
    .split(/[{}]/)
    .slice(1)
    .map((part) => {
      const [, from, to] = /^(-?\d+|.)\.\.(-?\d+|.)(?:\.\.-?\d+)?$/su.exec(part) ?? [];
      return from === undefined || to === undefined
        ? part.split(",").length
        : Math.abs(placeInRange(to) - placeInRange(from)) + 1;
    })
    .reduce((product, count) => product * count, 1);
}

function placeInRange(end: string): number {
  return /\d/.test(end) ? Number(end) : (end.codePointAt(0) ?? 0);
}

/** The globs without braces that a glob of braces stands for. The glob has passed `checkGlob`. */
export async function expandBraces(glob: string): Promise<string[]> {
  const { default: braces } = await import("braces");
  return braces(glob, { expand: true, nodupes: true, keepEscaping: true }).filter((expanded) => expanded !== "");
}

/** Tells whether one of these globs without braces matches a relative path with slashes. `*` matches no hidden name. */
export async function globMatcher(globs: readonly string[]): Promise<(path: string) => boolean> {
  const { default: picomatch } = await import("picomatch");
  // A name may have several lines, which a dot of a regular expression matches with the flag `s` alone.
  return picomatch([...globs], { dot: false, nobrace: true, posix: true, strictSlashes: false, flags: "s" });
}
