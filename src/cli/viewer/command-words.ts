import { UserError } from "../../errors.ts";

/**
 * The words of a command as `EDITOR` holds it, by the quoting of a POSIX shell and nothing else of it: no variable, no
 * `;` and no `$(…)` means anything. On Windows a backslash is a part of a path.
 *
 * Throws `UserError` `invalid-editor` where a quote is not closed.
 *
 * @param name of the variable, for messages
 */
export function commandWords(command: string, name: string, platform: NodeJS.Platform = process.platform): string[] {
  const words: string[] = [];
  let word: string | null = null;
  let quote: string | null = null;
  for (let at = 0; at < command.length; at += 1) {
    const character = command[at]!;
    const next = command[at + 1];
    if (quote === null && /\s/.test(character)) {
      if (word !== null) words.push(word);
      word = null;
    } else if (quote === null && (character === "'" || character === '"')) {
      quote = character;
      word ??= "";
    } else if (character === quote) {
      quote = null;
    } else if (escapes(character, next, quote, platform)) {
      word = (word ?? "") + next;
      at += 1;
    } else {
      word = (word ?? "") + character;
    }
  }
  if (quote !== null) {
    throw new UserError("invalid-editor", `${name} has a quote that is not closed: ${command}`, {
      hint: `set it anew, as in: ${name}="code --wait"`,
    });
  }
  if (word !== null) words.push(word);
  return words;
}

function escapes(
  character: string,
  next: string | undefined,
  quote: string | null,
  platform: NodeJS.Platform,
): boolean {
  if (character !== "\\" || next === undefined || quote === "'" || platform === "win32") return false;
  return quote === null || /["\\$`]/.test(next);
}
