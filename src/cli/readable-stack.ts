import { readFileSync } from "node:fs";
import { SourceMap, type SourceMapPayload } from "node:module";
import { basename, dirname, join, relative } from "node:path";

/** A place in a bundle, as stack traces write it. */
const place = /(?<![^\s()])(?:file:\/\/)?([^\s()]+\.cjs):(\d+):(\d+)/g;

/**
 * A stack trace with the places in the bundles put as those of the sources, from the package's folder:
 * `src/cli/main.ts:12:3`. Bundles' source maps are read here and nowhere else, so that they cost nothing at the start.
 * A place without a map stays as it is.
 */
export function readableStack(stack: string): string {
  const maps = new Map<string, SourceMap | null>();
  return stack.replaceAll(place, (written: string, file: string, line: string, column: string) => {
    if (!maps.has(file)) maps.set(file, sourceMapOf(file));
    const entry = maps.get(file)?.findEntry(Number(line) - 1, Number(column) - 1);
    if (entry === undefined || !("originalSource" in entry)) return written;
    const source = join(dirname(file), entry.originalSource);
    return `${relative(join(dirname(file), ".."), source)}:${entry.originalLine + 1}:${entry.originalColumn + 1}`;
  });
}

function sourceMapOf(file: string): SourceMap | null {
  try {
    return new SourceMap(
      JSON.parse(readFileSync(join(dirname(file), `${basename(file)}.map`), "utf8")) as SourceMapPayload,
    );
  } catch {
    return null;
  }
}
