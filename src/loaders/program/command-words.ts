import { UserError } from "../../errors.ts";

/** Stands for the file in a command. */
const filePlace = "{file}";

/**
 * The words of a command line: separated by spaces, quotes keep words together. Nothing is expanded, and a backslash is a
 * backslash, as paths of Windows need it. Throws `UserError` `bad-command` for a quote that is not closed, and for none.
 */
export function commandWords(command: string): string[] {
  const words: string[] = [];
  const token = /\s*((?:[^\s"']|"[^"]*"|'[^']*')+)/y;
  const text = command.trimEnd();
  while (token.lastIndex < text.length) {
    const word = token.exec(text)?.[1];
    if (word === undefined) {
      throw new UserError("bad-command", `a quote in the command ${JSON.stringify(command)} is not closed`);
    }
    words.push(
      word.replaceAll(/"([^"]*)"|'([^']*)'/g, (_, double?: string, single?: string) => double ?? single ?? ""),
    );
  }
  if (words.length > 0) return words;
  throw new UserError("bad-command", "the command of a loader is empty");
}

/** The words with the file's path in its places; `null` where there is none, and the program reads standard input. */
export function withFile(words: readonly string[], path: string): string[] | null {
  if (!words.slice(1).some((word) => word.includes(filePlace))) return null;
  return words.map((word, index) => (index === 0 ? word : word.replaceAll(filePlace, () => path)));
}
