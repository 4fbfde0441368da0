import type { Hit } from "../../types.ts";
import { passageSentences } from "../../markdown/passage-sentences.ts";
import type { PassageSentence } from "../../markdown/passage-sentences.ts";
import { bestSimilarity, contentWords } from "../../text/content-words.ts";
import { figuresIn, isNegated } from "./claim-facts.ts";
import { type Claim, claimsIn, reach } from "./claims.ts";
import { normalized } from "../../text/normalized.ts";

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
  /** The same as `verified`. */
  supported: boolean;
  /** What the first statement that the passage does not bear out lacks there; `null` where all are borne out. */
  why: string | null;
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
/** Words in quotation marks, long enough to be a quotation. */
const quotation = /[“"„«「『]([^“”"„«»「」『』]{12,})[”"“»」』]/g;
/** A command or a name between backticks. */
const codeSpan = /`([^`\n]{3,})`/g;

/** What is left when white space, markup and punctuation make no difference. */
function letters(text: string): string {
  return normalized(text, "NFKC")
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
  figures: readonly string[];
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
    figures: figuresIn([...hit.heading, hit.title, hit.text].join(" ")),
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
    // Of two that hold as much, the shorter one wins; a sentence wins over the heading that repeats it.
    const score = held * (0.9 + 0.1 * share(sentence.words, claim)) * (sentence.kind === "heading" ? 0.3 : 1);
    if (score > best.score) best = { sentence, score };
  }
  return best;
}

/** What a statement says that the passages it cites do not bear out; `null` where they do. */
function objectionTo(
  claim: Claim,
  words: readonly string[],
  support: Support,
  evidence: Evidence,
  all: Evidence[],
): string | null {
  const passageLetters = all.map((one) => one.letters).join(" ");
  for (const pattern of [quotation, codeSpan]) {
    for (const [, quoted = ""] of claim.text.matchAll(pattern)) {
      if (!passageLetters.includes(letters(quoted))) return `“${shortened(quoted)}” does not stand in the passage`;
    }
  }

  const strange = figuresIn(claim.text).find((one) => !all.some(({ figures }) => figures.includes(one)));
  if (strange !== undefined) return `the figure ${strange} does not stand in the passage`;

  if (evidence.letters.includes(letters(claim.text)) && claim.text !== "") return null;
  if (contradicts(claim.text, words, support, all)) return "the statement and the passage differ in a negation";
  const together = all.flatMap((one) => one.words);
  if (share(words, together) >= leastSupport && support.score >= leastQuoteSupport) return null;
  const missing = words.filter((word) => bestSimilarity(word, together) === 0);
  return missing.length === 0
    ? "no sentence of the passage says so"
    : `the passage lacks words of the statement: ${missing.slice(0, shownWords).join(", ")}`;
}

/** Words and characters of a statement that an objection shows. */
const shownWords = 4;
const shownChars = 60;

function shortened(text: string): string {
  return text.length <= shownChars ? text : `${text.slice(0, shownChars).toWellFormed()}…`;
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

/** Checks the statements of an answer, as far as it has come. */
export interface CitationChecker {
  /** The passages that an answer cites, each with what bears it out. */
  citations(answer: string): Citations;
  /**
   * Why the passages do not bear out the statement whose markers end at this offset of the answer; `null` where they do,
   * where none of its passages exists, and where no statement ends there.
   */
  objectionAt(answer: string, end: number): string | null;
}

/**
 * Checks citations against these passages; each is taken apart once.
 *
 * A citation is supported when, for every statement that carries it, the passage has a sentence that shares content
 * with the statement, all numbers and versions of the statement stand in the passages it cites, and so does, word for
 * word, whatever it puts in quotation marks or backticks; a negation of one side is one of the other. This is a check on
 * words: it does not notice an opposite in other words, and does not vouch for an answer in another language than its
 * passage.
 */
export function createCitationChecker(passages: readonly Hit[]): CitationChecker {
  const taken = new Map<number, Evidence>();
  const evidenceFor = (n: number): Evidence => {
    const evidence = taken.get(n) ?? evidenceOf(passages[n - 1] as Hit);
    taken.set(n, evidence);
    return evidence;
  };
  /** For each passage that a claim cites and that exists: what supports the claim there, and what does not. */
  const check = (claim: Claim) => {
    const words = [...new Set(contentWords(claim.text))];
    const numbers = [...new Set(claim.numbers)].filter((n) => passages[n - 1] !== undefined);
    const all = numbers.map(evidenceFor);
    return numbers.map((n) => {
      const one = evidenceFor(n);
      const support = bestSupport(words, one);
      return { n, support, why: objectionTo(claim, words, support, one, all) };
    });
  };
  return {
    citations(answer) {
      const supports = new Map<number, { best: Support; why: string | null }>();
      const unknown = new Set<number>();
      for (const claim of claimsIn(answer)) {
        for (const n of claim.numbers) if (passages[n - 1] === undefined) unknown.add(n);
        for (const { n, support, why } of check(claim)) {
          const before = supports.get(n);
          supports.set(n, {
            best: before === undefined || support.score > before.best.score ? support : before.best,
            why: before?.why ?? why,
          });
        }
      }
      const citations = [...supports].map(([n, { best, why }]) =>
        citation(n, passages[n - 1] as Hit, best.sentence, why),
      );
      return { citations, unknown: [...unknown] };
    },
    objectionAt(answer, end) {
      const from = Math.max(0, end - reach);
      const claim = claimsIn(answer.slice(from)).find((one) => one.end + from === end);
      return claim === undefined ? null : (check(claim).find(({ why }) => why !== null)?.why ?? null);
    },
  };
}

/** The passages that an answer cites, each checked: see `createCitationChecker`. */
export function findCitations(answer: string, passages: readonly Hit[]): Citations {
  return createCitationChecker(passages).citations(answer);
}

/** A stretch of a passage that an answer shows word for word; lines count from 0 at the start of the passage. */
export interface Quotation {
  passage: number;
  quoted: string;
  line: number;
  endLine: number;
}

/** The citations of an answer that is made of quotes, in their order; each passage once, with its first quote. */
export function quoteCitations(quotes: readonly Quotation[], passages: readonly Hit[]): Citation[] {
  const cited = new Map<number, Citation>();
  for (const { passage, quoted, line, endLine } of quotes) {
    const hit = passages[passage - 1];
    if (hit === undefined || cited.has(passage)) continue;
    cited.set(passage, citation(passage, hit, { text: quoted, line, endLine }, null));
  }
  return [...cited.values()];
}

function citation(
  n: number,
  hit: Hit,
  sentence: Pick<PassageSentence, "text" | "line" | "endLine"> | undefined,
  objection: string | null,
): Citation {
  const { startLine, endLine } = hit;
  const lines =
    startLine === null || endLine === null || sentence === undefined
      ? { startLine, endLine }
      : {
          startLine: Math.min(startLine + sentence.line, endLine),
          endLine: Math.min(startLine + sentence.endLine, endLine),
        };
  const why = objection ?? (sentence === undefined ? "the passage has no text" : null);
  return {
    n,
    source: hit.source,
    heading: hit.heading,
    page: hit.page,
    ...lines,
    quote: sentence?.text ?? "",
    verified: why === null,
    supported: why === null,
    why,
  };
}
