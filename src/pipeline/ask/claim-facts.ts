import { normalized } from "../../text/normalized.ts";

/**
 * What a statement must not change of its passage: numbers, versions, and whether it says that something is not so.
 */

/** Digits, with what groups thousands or separates the parts of a version between them. */
const figure = /\d+(?:[.,]\d+)*/g;

/** Numbers in words, of which `one` is left out: it is a pronoun as often. */
const numberWords: Readonly<Record<string, string>> = {
  two: "2",
  three: "3",
  four: "4",
  five: "5",
  six: "6",
  seven: "7",
  eight: "8",
  nine: "9",
  ten: "10",
  eleven: "11",
  twelve: "12",
};
const numberWord = new RegExp(`\\b(?:${Object.keys(numberWords).join("|")})\\b`, "gi");

/** Words that turn a sentence into its opposite, in English, German, French, Spanish, Chinese and Japanese. */
const negation =
  /\b(?:not|no|never|none|nothing|nobody|neither|nor|without|cannot|unable|nicht|kein(?:e[nmrs]?)?|nie|niemals|ohne|pas|jamais|aucune?|sans|nunca|ning[uú]na?|sin)\b|n['’]t\b|[不没沒無无非未]|ない|ません/iu;

/** Figures without what separates thousands: `65,535` and `65535` are the same, and so are `three` and `3`. */
export function figuresIn(text: string): string[] {
  const normal = normalized(text, "NFKC");
  const digits = [...normal.matchAll(figure)].map(([one]) =>
    /^\d{1,3}(?:[.,]\d{3})+$/.test(one) ? one.replaceAll(/[.,]/g, "") : one,
  );
  const words = [...normal.matchAll(numberWord)].map(([word]) => numberWords[word.toLowerCase()] as string);
  return [...digits, ...words];
}

/** Whether a sentence denies something. */
export function isNegated(text: string): boolean {
  return negation.test(text);
}
