import { UserError } from "../../errors.ts";
import { shellWords } from "../completion/shell-words.ts";

/**
 * The words of a command as `EDITOR` holds it, by the quoting of a POSIX shell and nothing else of it: no variable, no
 * `;` and no `$(…)` means anything. On Windows a backslash is a part of a path.
 *
 * Throws `UserError` `invalid-editor` where a quote is not closed.
 *
 * @param name of the variable, for messages
 */
export function commandWords(command: string, name: string, platform: NodeJS.Platform = process.platform): string[] {
  const { words, openQuote } = shellWords(command, platform);
  if (openQuote === null) return words;
  throw new UserError("invalid-editor", `${name} has a quote that is not closed: ${command}`, {
    hint: `set it anew, as in: ${name}="code --wait"`,
  });
}
