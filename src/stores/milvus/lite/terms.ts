import { stemmer } from "stemmer";
import { plainLetters } from "../../../text/analysis/fold.ts";
import { normalized } from "../../../text/normalized.ts";

/**
 * How the text of collections of form 1 was prepared before it was stored, by the analyzer of the manifest: a question
 * is prepared in the same way.
 */
export const liteAnalyzers = {
  /** Words of every language, English words by their stems: `stored` finds `store`. */
  english: (text: string) => stemWords(segment(text)),
  /** Words of every language, as written. */
  icu: segment,
  /** As Milvus Lite itself does it. */
  standard: (text: string) => text,
} satisfies Record<string, (text: string) => string>;

export function isLiteAnalyzer(name: string): name is keyof typeof liteAnalyzers {
  return Object.hasOwn(liteAnalyzers, name);
}

/** Runs of scripts that put no spaces between words. */
const unspaced =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}ー]+/gu;

let segmenter: Intl.Segmenter | null = null;

/** Parts at `_` too: the tokenizer of Milvus Lite parts `milvus.yaml`, but not `index_type`. */
function segment(text: string): string {
  return folded(normalized(text, "NFKC").replaceAll("_", " ")).replaceAll(unspaced, (run) => {
    segmenter ??= new Intl.Segmenter(undefined, { granularity: "word" });
    return ` ${Array.from(segmenter.segment(run), (word) => word.segment).join(" ")} `;
  });
}

/** `Zürich` as `Zurich`, like the embedded store's index. Letters that change come out in lower case, as the tokenizer makes all. */
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
