import { wordSegments } from "../../text/word-segments.ts";
import { normalized } from "../../text/normalized.ts";

/**
 * The words of an answer, after the normalisation of the SQuAD evaluation: lower case, without punctuation and English
 * articles. Unicode forms are folded, a text without spaces between words is cut by a dictionary, and citations (`[1]`)
 * are left out.
 *
 * Source: Rajpurkar et al., "SQuAD: 100,000+ Questions for Machine Comprehension of Text", EMNLP 2016, `evaluate-v1.1.py`.
 */
export function answerWords(text: string): string[] {
  const folded = normalized(text.replaceAll(/\[\d+(?:[\s,–-]+\d+)*\]/g, " "), "NFKC").toLowerCase();
  const words: string[] = [];
  for (const { segment, isWordLike } of wordSegments(folded)) {
    const word = segment.replaceAll(/\p{P}/gu, "");
    if (isWordLike && word !== "" && !articles.has(word)) words.push(word);
  }
  return words;
}

const articles: ReadonlySet<string> = new Set(["a", "an", "the"]);

/** Whether the words of one of the references stand in the answer, in their order and side by side. */
export function containsReference(answer: string, references: readonly string[]): boolean {
  const given = answerWords(answer);
  return references.some((reference) => {
    const wanted = answerWords(reference);
    if (wanted.length === 0) return false;
    return given.some((_, start) => wanted.every((word, offset) => given[start + offset] === word));
  });
}

/** The harmonic mean of precision and recall of the answer's words, against the reference that it fits best. */
export function answerF1(answer: string, references: readonly string[]): number {
  return Math.max(0, ...references.map((reference) => wordF1(answerWords(answer), answerWords(reference))));
}

function wordF1(given: readonly string[], wanted: readonly string[]): number {
  const left = new Map<string, number>();
  for (const word of wanted) left.set(word, (left.get(word) ?? 0) + 1);
  let shared = 0;
  for (const word of given) {
    const count = left.get(word) ?? 0;
    if (count === 0) continue;
    left.set(word, count - 1);
    shared += 1;
  }
  return shared === 0 ? 0 : (2 * shared) / (given.length + wanted.length);
}

/** What came of asking one question. */
export interface AnswerOutcome {
  unanswerable: boolean;
  refused: boolean;
  /** Empty where the set tells no answer. */
  references: readonly string[];
  answer: string;
  /** Citations of the answer, and those of them that their passage bears out. */
  citations: number;
  supported: number;
}

/** Means over questions, 0 to 1; `null` where there is nothing to take the mean of. */
export interface AnswerMetrics {
  /** Share of answerable questions with a reference whose answer contains it. A refusal contains nothing. */
  contains: number | null;
  f1: number | null;
  /** Share of citations that their passage supports. */
  citationSupport: number | null;
  /** Share of refusals that refuse an unanswerable question. */
  refusalPrecision: number | null;
  /** Share of unanswerable questions that were refused. */
  refusalRecall: number | null;
  /** Share of answerable questions that were refused. */
  falseRefusals: number | null;
}

export function answerMetrics(outcomes: readonly AnswerOutcome[]): AnswerMetrics {
  const answerable = outcomes.filter((outcome) => !outcome.unanswerable);
  const referenced = answerable.filter(({ references }) => references.length > 0);
  const refused = outcomes.filter((outcome) => outcome.refused);
  const unanswerable = outcomes.filter((outcome) => outcome.unanswerable);
  const given = ({ refused: isRefused, answer }: AnswerOutcome): string => (isRefused ? "" : answer);
  return {
    contains: mean(referenced.map((one) => Number(containsReference(given(one), one.references)))),
    f1: mean(referenced.map((one) => answerF1(given(one), one.references))),
    citationSupport: share(sum(outcomes.map((one) => one.supported)), sum(outcomes.map((one) => one.citations))),
    refusalPrecision: share(refused.filter((one) => one.unanswerable).length, refused.length),
    refusalRecall: share(unanswerable.filter((one) => one.refused).length, unanswerable.length),
    falseRefusals: share(answerable.filter((one) => one.refused).length, answerable.length),
  };
}

/** The arithmetic mean; `null` of nothing. */
export function mean(values: readonly number[]): number | null {
  return share(sum(values), values.length);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function share(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole;
}
