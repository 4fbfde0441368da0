/** A text, cut into words as a POSIX shell cuts it; no variable, no `;` and no `$(…)` means anything. */
export interface ShellWords {
  words: string[];
  /** The quotation mark of the last word that is not closed; `null` where all are. */
  openQuote: string | null;
  /** Whether the last word goes on where the text ends: nothing separates it from what follows. */
  isUnfinished: boolean;
}

/** Cuts a text into words by the quoting of a POSIX shell. On Windows a backslash is a part of a path. */
export function shellWords(text: string, platform: NodeJS.Platform = process.platform): ShellWords {
  const words: string[] = [];
  let word: string | null = null;
  let quote: string | null = null;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at]!;
    const next = text[at + 1];
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
  if (word !== null) words.push(word);
  return { words, openQuote: quote, isUnfinished: word !== null };
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

/** The words behind the program's name on a line up to the cursor; the last one is being typed, and empty after a space. */
export function wordsBehindProgram(line: string): string[] {
  const { words, isUnfinished } = shellWords(line, "linux");
  const program = words.findIndex((word) => !/^\w+=/.test(word));
  const typed = words.slice(program + 1);
  return isUnfinished ? typed : [...typed, ""];
}
