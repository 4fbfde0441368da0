import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { randomNumbers } from "../fixtures/chunks.ts";

const syllables = ["ba", "ce", "di", "fo", "gu", "la", "me", "ni", "po", "ru", "sa", "te", "vi", "zo", "ka", "lu"];
const vocabularySize = 20_000;

/** Words that look like words, each with its rank: what is met often is short, as in a language. */
const vocabulary = Array.from({ length: vocabularySize }, (_, rank) => {
  let word = "";
  for (let rest = rank + 1; rest > 0; rest = Math.floor(rest / syllables.length)) {
    word += syllables[rest % syllables.length];
  }
  return word;
});

/** Text of generated documents, the same on every machine. */
export interface TextSource {
  words(count: number): string;
}

/** Words drawn by Zipf's law, as words of a language are: rank = size ^ uniform. */
export function textSource(seed: number): TextSource {
  const random = randomNumbers(seed);
  const word = () => vocabulary[Math.floor(vocabularySize ** random()) - 1] ?? "";
  return {
    words: (count) => Array.from({ length: count }, word).join(" "),
  };
}

/**
 * Writes Markdown files of `sections` sections of `words` words each; a section of 150 words or more is one chunk.
 * Returns what was written.
 */
export async function writeMarkdown(
  folder: string,
  options: { documents: number; sections: number; words: number },
): Promise<{ documents: number; bytes: number }> {
  const source = textSource(7);
  let bytes = 0;
  for (let document = 0; document < options.documents; document++) {
    const part = join(folder, `part${Math.floor(document / 200)}`);
    if (document % 200 === 0) await mkdir(part, { recursive: true });
    const sections = Array.from(
      { length: options.sections },
      (_, section) => `## ${source.words(3)} ${document}.${section}\n\n${source.words(options.words)}.\n`,
    );
    const text = `# Document ${document}\n\n${sections.join("\n")}`;
    bytes += Buffer.byteLength(text);
    await writeFile(join(part, `document${document}.md`), text);
  }
  return { documents: options.documents, bytes };
}
