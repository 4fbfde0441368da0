import type { Hit } from "../../types.ts";
import { passageSentences } from "../../markdown/passage-sentences.ts";
import type { PassageSentence } from "../../markdown/passage-sentences.ts";
import { wholeSentences } from "../../text/sentences.ts";
import { bestSimilarity, contentWords } from "../../text/content-words.ts";
import { figuresIn, isNegated } from "./claim-facts.ts";

/** A passage that an answer names, with the sentence of it that supports the answer. */
export interface Citation {
  /** The passage's number in the prompt and in the answer, counted from 1. */
  n: number;
  source: string;
  heading: string[];
  page: number | null;
  /** The lines of the quote where they are known, else those of the passage. */
  startLine: number | null;
  endLine: number | null;
  /** Word for word from the passage, markup left out. */
  quote: string;
  /** Every statement that cites the passage has its words and its figures there. */
  verified: boolean;
  /** As in `Hit`. */
  url?: string;
}

export interface Citations {
  /** In the order in which the answer names them first; each passage once. */
  citations: Citation[];
  /** Numbers in the answer that belong to no passage. */
  unknown: number[];
}

/** Share of a statement's content words that a passage must have for the statement to count as supported by it. */
const leastSupport = 0.5;
/** The same for the one sentence that is quoted for it: a statement may draw on several. */
const leastQuoteSupport = 0.25;
/** Share of content words, each way, from which on two sentences are the same but for a negation. */
const sameStatement = 0.8;
/** Characters before and behind a marker in which its statement is looked for: a longer sentence is none. */
const reach = 4000;
/** Wider ranges are figures in brackets, not citations. */
const widestRange = 20;

/** `[1]`, `[1, 2]`, `[1-3]`, `[^1]`, full-width forms too. */
const marker = /[[［【〔]\s*\^?(\d{1,3}(?:\s*(?:[,，、;；]|[-–])\s*\^?\d{1,3})*)\s*[\]］】〕]/g;
/** Brackets in code are code. */
const code = /```[\s\S]*?(?:```|$)|~~~[\s\S]*?(?:~~~|$)|`[^`\n]+`/g;
/** Words in quotation marks, long enough to be a quotation. */
const quotation = /[“"„«「『]([^“”"„«»「」『』]{12,})[”"“»」』]/g;
/** A statement of the answer and the passages that it names for itself. */
interface Claim {
  text: string;
  numbers: number[];
}

function numbersIn(list: string): number[] {
  return list.split(/[,，、;；]/).flatMap((part) => {
    const [first = Number.NaN, last = first] = part.split(/[-–]/).map((one) => Number(one.replaceAll(/[\s^]/g, "")));
    if (last < first || last - first >= widestRange) return [first, last];
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}

/** Blanks out code, so that positions stay and its brackets go. */
function withoutCode(answer: string): string {
  return answer.replaceAll(code, (block) => block.replaceAll(/[[\]［］【】〔〕]/g, " "));
}

/** Full-width digits are digits; each stays one character, so that positions stay. */
function withAsciiDigits(text: string): string {
  return text.replaceAll(/[０-９]/g, (digit) => String.fromCharCode(digit.charCodeAt(0) - 0xfee0));
}

/** Where a statement cannot reach across: blank lines, list items, headings, rows, lines that end in a citation. */
const boundary = /\n(?=\s*(?:\n|[-*+•#|>]|\d{1,3}[.)]\s))|(?<=[\]］】〕])[ \t]*\n/;
/** Characters of what can stand before a marker that opens a line. */
const longestLineMark = 40;
const lineMarks = /^(?:[\s>#*+•|-]|\d{1,3}[.)]\s)+/gm;

function statements(stretch: string): string[] {
  const text = stretch.replaceAll(marker, " ").replaceAll(lineMarks, "").replaceAll(/\s+/g, " ");
  return Array.from(wholeSentences(text), ({ start, end }) => text.slice(start, end));
}

/**
 * The statements of an answer that carry a citation. A statement is the part of a sentence before its marker, or the
 * whole sentence that a marker stands behind; for a marker that opens a line, the sentence after it.
 */
function claimsIn(answer: string): Claim[] {
  const text = withoutCode(withAsciiDigits(answer));
  const claims: Claim[] = [];
  let previousEnd = 0;
  for (const match of text.matchAll(marker)) {
    const numbers = numbersIn(match[1] as string);
    const between = text.slice(previousEnd, match.index);
    const previous = claims.at(-1);
    previousEnd = match.index + match[0].length;
    if (previous !== undefined && /^[ \t.,;。，、]*$/.test(between)) {
      previous.numbers.push(...numbers);
      continue;
    }
    const before =
      statements(
        text
          .slice(Math.max(0, match.index - reach), match.index)
          .split(boundary)
          .at(-1) ?? "",
      ).at(-1) ?? "";
    const after = statements(text.slice(previousEnd, previousEnd + reach).split(boundary, 1)[0] ?? "")[0] ?? "";
    const opensLine =
      /(?:^|\n)[\s>*+-]*$/.test(text.slice(Math.max(0, match.index - longestLineMark), match.index)) &&
      /^[^\n]*[\p{L}\p{N}]/u.test(text.slice(previousEnd, previousEnd + reach));
    claims.push({ text: opensLine || !/[\p{L}\p{N}]/u.test(before) ? after : before, numbers });
  }
  return claims;
}

/** What is left when white space, markup and punctuation make no difference. */
function letters(text: string): string {
  return text
    .normalize("NFKC")
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\p{M}]/gu, "");
}

/** Share of `words` that `others` hold, 0 to 1; 0 where there are none. */
function share(words: readonly string[], others: readonly string[]): number {
  if (words.length === 0) return 0;
  return words.reduce((sum, word) => sum + bestSimilarity(word, others), 0) / words.length;
}

/** A passage, taken apart once for all the statements that cite it. */
interface Evidence {
  hit: Hit;
  sentences: (PassageSentence & { words: string[] })[];
  words: string[];
  letters: string;
}

function evidenceOf(hit: Hit): Evidence {
  const sentences = passageSentences(hit.text).map((sentence) =>
    Object.assign(sentence, { words: contentWords(sentence.text) }),
  );
  return {
    hit,
    sentences,
    words: [
      ...contentWords(hit.heading.join(" ")),
      ...contentWords(hit.title),
      ...sentences.flatMap(({ words }) => words),
    ],
    letters: letters(sentences.map(({ text }) => text).join(" ")),
  };
}

interface Support {
  sentence: Evidence["sentences"][number] | undefined;
  /** How much of the statement the sentence holds, 0 to 1. */
  score: number;
}

/** The sentence of a passage that has most of a statement's words; a heading only where nothing else has any. */
function bestSupport(claim: readonly string[], { sentences }: Evidence): Support {
  let best: Support = { sentence: sentences.find(({ kind }) => kind !== "heading") ?? sentences[0], score: 0 };
  for (const sentence of sentences) {
    const held = share(claim, sentence.words);
    // Of two that hold as much, the one that says less besides; a sentence before the heading that repeats it.
    const score = held * (0.9 + 0.1 * share(sentence.words, claim)) * (sentence.kind === "heading" ? 0.3 : 1);
    if (score > best.score) best = { sentence, score };
  }
  return best;
}

function isSupported(
  claim: Claim,
  words: readonly string[],
  support: Support,
  evidence: Evidence,
  all: Evidence[],
): boolean {
  const passageLetters = all.map((one) => one.letters).join(" ");
  const quoted = [...claim.text.matchAll(quotation)].map((match) => letters(match[1] as string));
  if (quoted.some((quote) => !passageLetters.includes(quote))) return false;

  const figures = new Set(all.flatMap(({ hit }) => figuresIn(`${hit.heading.join(" ")} ${hit.title} ${hit.text}`)));
  if (figuresIn(claim.text).some((one) => !figures.has(one))) return false;

  if (evidence.letters.includes(letters(claim.text)) && claim.text !== "") return true;
  if (contradicts(claim.text, words, support, all)) return false;
  const together = share(
    words,
    all.flatMap((one) => one.words),
  );
  return together >= leastSupport && support.score >= leastQuoteSupport;
}

/**
 * Whether a statement denies what no passage denies of the same, or says what a passage denies in the same words. A
 * sentence that says more than the statement may deny something else: "stored not in memory but on disk".
 */
function contradicts(claim: string, words: readonly string[], { sentence }: Support, all: Evidence[]): boolean {
  if (isNegated(claim)) {
    const related = all.flatMap(({ sentences }) =>
      sentences.filter((one) => share(words, one.words) >= leastQuoteSupport),
    );
    return !related.some(({ text }) => isNegated(text));
  }
  if (sentence === undefined || !isNegated(sentence.text)) return false;
  return share(sentence.words, words) >= sameStatement && share(words, sentence.words) >= sameStatement;
}

/**
 * Finds the passages that an answer cites, and checks each citation against its passage.
 *
 * A citation is verified when, for every statement that carries it, the passage has a sentence that shares content
 * with the statement, all numbers and versions of the statement stand in the passages it cites, and so does, word for
 * word, whatever it puts in quotation marks; a negation of one side is one of the other. This is a check on words: it
 * does not notice an opposite in other words, and does not vouch for an answer in another language than its passage.
 */
export function findCitations(answer: string, passages: readonly Hit[]): Citations {
  const evidence = new Map<number, Evidence>();
  const supports = new Map<number, { best: Support; verified: boolean }>();
  const unknown = new Set<number>();

  for (const claim of claimsIn(answer)) {
    const words = [...new Set(contentWords(claim.text))];
    const numbers = [...new Set(claim.numbers)];
    const known = numbers.filter((n) => passages[n - 1] !== undefined);
    for (const n of numbers) if (!known.includes(n)) unknown.add(n);
    for (const n of known) if (!evidence.has(n)) evidence.set(n, evidenceOf(passages[n - 1] as Hit));
    const all = known.map((n) => evidence.get(n) as Evidence);

    for (const [index, n] of known.entries()) {
      const one = all[index] as Evidence;
      const support = bestSupport(words, one);
      const before = supports.get(n);
      supports.set(n, {
        best: before === undefined || support.score > before.best.score ? support : before.best,
        verified: (before?.verified ?? true) && isSupported(claim, words, support, one, all),
      });
    }
  }

  const citations = [...supports].map(([n, { best, verified }]) =>
    citation(n, (evidence.get(n) as Evidence).hit, best.sentence, verified),
  );
  return { citations, unknown: [...unknown] };
}

function citation(n: number, hit: Hit, sentence: PassageSentence | undefined, verified: boolean): Citation {
  const { startLine, endLine } = hit;
  const lines =
    startLine === null || endLine === null || sentence === undefined
      ? { startLine, endLine }
      : {
          startLine: Math.min(startLine + sentence.line, endLine),
          endLine: Math.min(startLine + sentence.endLine, endLine),
        };
  return {
    n,
    source: hit.source,
    heading: hit.heading,
    page: hit.page,
    ...lines,
    quote: sentence?.text ?? "",
    verified: verified && sentence !== undefined,
  };
}
