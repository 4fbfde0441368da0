import { stemmer } from "stemmer";
import { plainLetters } from "../../../text/analysis/fold.ts";

/**
 * Analyzers of Milvus Lite. Its own splits at what is no letter or digit, which leaves a sentence of a language that
 * is written without spaces one single word, and stems nothing; the text is prepared before it is stored, and the
 * question in the same way.
 */
export const liteAnalyzers = {
  /** Words of every language, English words by their stems: `stored` finds `store`. */
  english: (text: string) => stemWords(segment(text)),
  /** Words of every language, as written. */
  icu: segment,
  /** As Milvus Lite itself does it. */
  standard: (text: string) => text,
} satisfies Record<string, (text: string) => string>;

export type LiteAnalyzer = keyof typeof liteAnalyzers;

/** Runs of scripts that put no spaces between words. */
const unspaced =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}ー]+/gu;

let segmenter: Intl.Segmenter | null = null;

/** The tokenizer parts `milvus.yaml`, but not `index_type`. */
function segment(text: string): string {
  return folded(text.normalize("NFKC").replaceAll("_", " ")).replaceAll(unspaced, (run) => {
    segmenter ??= new Intl.Segmenter(undefined, { granularity: "word" });
    return ` ${Array.from(segmenter.segment(run), (word) => word.segment).join(" ")} `;
  });
}

/** `Zürich` as `Zurich`, as the embedded store's index has it; the tokenizer makes all letters small. */
function folded(text: string): string {
  if (!/[^\0-\x7f]/.test(text)) return text;
  return text.replaceAll(/[^\P{Script=Latin}a-zA-Z]/gu, (letter) => {
    const small = letter.toLowerCase();
    return plainLetters[small] ?? small.normalize("NFD").replaceAll(/\p{M}/gu, "");
  });
}

const stems = new Map<string, string>();
const MOST_STEMS = 100_000;

function stemWords(text: string): string {
  return text.toLowerCase().replaceAll(/[a-z]{3,}/g, (word) => {
    const known = stems.get(word);
    if (known !== undefined) return known;
    const stem = stemmer(word);
    if (stems.size < MOST_STEMS) stems.set(word, stem);
    return stem;
  });
}
