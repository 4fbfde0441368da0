import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { extname, join, resolve } from "node:path";
import ignore from "ignore";
import { markdownLoader } from "../markdown.ts";
import type { Loader } from "../types.ts";
import { commandWords, withFile } from "./command-words.ts";
import { type ProgramRun, runProgram } from "./run-program.ts";

/** Programs of the user that read files. */
export interface OwnLoaders {
  /** The names of their formats. */
  formats: readonly string[];
  /** The loader of the first pattern that has the source; `null` where none has. */
  loaderFor(source: string): Loader | null;
}

/** Seconds that a program may take for one file. */
const timeoutMs = 120_000;
/** Bytes of text that it may write. */
const maxBytes = 64_000_000;

/**
 * Loaders by the user's configuration: a glob as in .gitignore, and a command in which `{file}` stands for the file; one
 * without it gets the file on standard input. What the command writes is read as Markdown, which plain text is too.
 * `folder`: absolute, what sources are relative to and where commands run. Throws `UserError` `bad-command`.
 */
export function ownLoaders(
  commands: Readonly<Record<string, string>>,
  { folder, ...run }: Pick<ProgramRun, "folder" | "variables" | "signal">,
): OwnLoaders {
  const rows = Object.entries(commands).map(([pattern, command]) => ({
    rules: ignore().add(pattern),
    loader: loaderOf(formatOf(pattern), command, { folder, ...run }),
    format: formatOf(pattern),
  }));
  return {
    formats: [...new Set(rows.map(({ format }) => format))],
    loaderFor(source) {
      const path = source.replace(/^(?:\.\.\/)+/, "").replace(/^https?:\/\//, "");
      if (!ignore.isPathValid(path)) return null;
      return rows.find(({ rules }) => rules.ignores(path))?.loader ?? null;
    },
  };
}

function loaderOf(
  format: string,
  command: string,
  { folder, ...run }: Pick<ProgramRun, "folder" | "variables" | "signal">,
): Loader {
  const words = commandWords(command);
  return {
    // Another command makes another text of the same file.
    name: `${format}: ${command}`,
    version: 1,
    async load({ source, bytes }) {
      const read = (path: string): Promise<Uint8Array> => {
        const named = withFile(words, path);
        const input = named === null ? bytes : new Uint8Array();
        return runProgram({ words: named ?? words, folder, input, timeoutMs, maxBytes, ...run });
      };
      const isPage = /^https?:\/\//.test(source);
      const text = await (isPage ? asFile(`page.${format}`, bytes, read) : read(resolve(folder, source)));
      const { document, warnings } = await markdownLoader.load({ source, bytes: text });
      // The lines are those of the program's text, not of the file.
      return { document: { ...document, format, places: "none" }, warnings };
    },
  };
}

/** A page of the web is no file that a program could open: it is one for as long as the work takes. */
async function asFile<Result>(
  name: string,
  bytes: Uint8Array,
  work: (path: string) => Promise<Result>,
): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), "rag-page-"));
  try {
    const path = join(folder, name.replaceAll(/[^\w.-]/g, "_"));
    await writeFile(path, bytes, { mode: 0o600 });
    return await work(path);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** `*.xyz` → `xyz`; a pattern without an extension stands for itself. */
function formatOf(pattern: string): string {
  return extname(pattern).slice(1).toLowerCase() || pattern;
}
