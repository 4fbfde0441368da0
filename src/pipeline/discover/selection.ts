import ignore from "ignore";
import { checkGlob } from "../../files/path-glob.ts";

/** Decides which sources an ingest takes. */
export interface Selection {
  isWanted(source: string): boolean;
  /** `folder` ends with a slash. */
  isExcluded(folder: string): boolean;
}

/**
 * Reads `--include` and `--exclude`: globs as in .gitignore, relative to the project root. Throws `UserError`
 * `glob-too-large`.
 */
export function createSelection(include: readonly string[], exclude: readonly string[]): Selection {
  for (const glob of [...include, ...exclude]) checkGlob(glob);
  const included = ignore().add([...include]);
  const excluded = ignore().add([...exclude]);
  // A source outside of the project root loses its `../`, so that globs of names match it.
  const withoutWayUp = (source: string) => source.replace(/^(?:\.\.\/)+/, "");
  return {
    isWanted(source) {
      const path = withoutWayUp(source);
      if (!ignore.isPathValid(path)) return include.length === 0;
      return (include.length === 0 || included.ignores(path)) && !excluded.ignores(path);
    },
    isExcluded(folder) {
      const path = withoutWayUp(folder);
      return ignore.isPathValid(path) && excluded.ignores(path);
    },
  };
}
