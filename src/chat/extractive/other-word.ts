import { withoutAccents } from "../../text/analysis/fold.ts";
import type { WordFrequency } from "../../types.ts";
import type { TermsReader } from "./passage-terms.ts";
import { normalized } from "../../text/normalized.ts";

/** A capital and small letters: `France`, but no `PDFs`, `OpenAI` or `v2`. */
const nameForm = /^\p{Lu}[\p{Ll}\p{M}]+$/u;
/** Letters that all forms of a word have in common; only such words are analysed. */
const commonLetters = 3;

/**
 * The words of a question that its capitals tell to be names. The first word begins with a capital anyway, and a question
 * that is written like a title, every long word with a capital, tells none.
 */
export function namesIn(question: string): ReadonlySet<string> {
  const [, ...words] = question.match(/[\p{L}\p{M}]+/gu) ?? [];
  const isTitle = words.every((word) => word.length < 4 || nameForm.test(word));
  return new Set(isTitle && words.length > 3 ? [] : words.filter((word) => nameForm.test(word)));
}

/**
 * Whether texts have a name's term only for another word: the stem of `France` is that of `franc`, too. A text that is
 * about the name writes it with a capital, or letter by letter as the question does, but for a plural's ending.
 */
export function isOnlyAnotherWord(
  { word, terms }: WordFrequency,
  texts: readonly string[],
  read: TermsReader,
): boolean {
  const asked = folded(word);
  let isThere = false;
  for (const form of new Set(texts.flatMap((text) => text.match(/[\p{L}\p{M}]+/gu) ?? []))) {
    if (folded(form).slice(0, commonLetters) !== asked.slice(0, commonLetters)) continue;
    const { positions } = read(form);
    if (!terms.some((term) => positions.has(term))) continue;
    if (/^\p{Lu}/u.test(form) || differsByPlural(asked, folded(form))) return false;
    isThere = true;
  }
  return isThere;
}

function differsByPlural(one: string, other: string): boolean {
  const [shorter, longer] = one.length <= other.length ? [one, other] : [other, one];
  return longer.startsWith(shorter) && ["", "s", "es"].includes(longer.slice(shorter.length));
}

function folded(word: string): string {
  return withoutAccents(normalized(word, "NFKC").toLowerCase());
}
