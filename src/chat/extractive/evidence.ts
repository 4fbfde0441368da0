import { type PassageUnit, type UnitSentence, passageUnits } from "../../markdown/passage-units.ts";
import { looksLikeTitle } from "../../markdown/title-form.ts";
import { bestSimilarity, contentWords } from "../../text/content-words.ts";
import { cutPoint } from "../../text/ranges.ts";
import type { Hit } from "../../types.ts";
import { type AnswerForm, answerForm, askedWords } from "../question-kind.ts";
import type { AskedQuestion } from "./asked-question.ts";
import { type HeldWord, heldShare, heldWord, neighbourShare } from "./held-words.ts";
import type { TextTerms } from "./passage-terms.ts";

/** A part of a passage that is quoted whole or not at all: a sentence, an item of a list, a row of a table, some code. */
export interface Piece {
  /** The passage's number, counted from 1. */
  passage: number;
  /** Equal for the pieces that stand under one heading of one passage. */
  section: number;
  unit: PassageUnit;
  /** Where the piece stands in the text of its unit. */
  start: number;
  end: number;
  /** First and last line, counted from 0 at the start of the passage. */
  line: number;
  endLine: number;
  terms: TextTerms;
  /** Share of the question, weighted by rarity, that the piece itself holds, 0 to 1. */
  own: number;
  /** Share of the question, weighted by rarity, that the piece and what stands around it hold: 0 to about 1.5. */
  coverage: number;
  /** How well it answers: 0 is no relation to the question; comparable within one question only. */
  score: number;
}

/**
 * What a word of the question counts that is not in a sentence itself, but beside it, elsewhere in the passage, or in a
 * heading above it; and what is added for words in both sentence and heading, and for words side by side. These weights
 * were chosen on one half of XQuAD in five languages, by the answers in the best sentences and by the refusals of
 * questions whose articles were left out.
 */
const weights = { beside: 0.65, elsewhere: 0.15, heading: 0.6, both: 0.2, sideBySide: 0.3 };
/** How much the rank of a passage takes from its trust, and its score next to the best one. */
const trustLoss = { rank: 0.05, score: 0.4 };
/** How much each sentence between a heading and another sentence takes from it. */
const distanceLoss = 0.02;

/** Points to another place instead of answering. */
const pointer =
  /^(?:for (?:more|further|detailed|details)|for a (?:full|complete|detailed)|see\b|refer to|read more|learn more|click|to learn|if you have (?:any )?(?:question|problem|issue)|still have questions|feel free)/i;

/** A line of JSON and the like, which has names and signs where prose has words. */
const data = /^[^\S\n]*"[^"\n]+"\s*:/m;

/** What a piece is worth as an answer, whatever the question. */
function quality(kind: PassageUnit["kind"], text: string): number {
  const asks = /[?？؟]$/.test(text) ? 0.4 : 1;
  const points = pointer.test(text) ? 0.4 : 1;
  return (kind === "code" || data.test(text) ? 0.7 : 1) * asks * points;
}

/**
 * Whether a piece says nothing about what it names: a title, or a short line without a full stop that has no word,
 * after its label if there is one, that was not asked for.
 */
function isTitle(kind: PassageUnit["kind"], text: string, asked: readonly string[]): boolean {
  if (kind === "code" || kind === "row" || /[.。!！:：]$/.test(text) || text.length > 120) return false;
  if (kind === "prose" && looksLikeTitle(text)) return true;
  const value = contentWords(text.slice(text.lastIndexOf(": ") + 1));
  return value.length > 0 && value.every((word) => bestSimilarity(word, asked) > 0);
}

/** How much the search trusts each passage next to the first, 0 to 1: its rank, and its score where scores tell. */
function trustOf(passages: readonly Hit[]): number[] {
  const best = passages[0]?.score ?? 0;
  return passages.map(({ score }, index) => {
    const share = best > 0 && score > 0 ? Math.min(1, score / best) : 1;
    return (1 - trustLoss.score * (1 - share)) / (1 + trustLoss.rank * index);
  });
}

/**
 * The pieces of the passages, in reading order, with how well each answers the question. A piece's score is the share
 * of the question that it covers, more where it has the form of an answer, less where the search trusts its passage less.
 * Headings are no pieces: they tell what the pieces under them are about.
 */
export function readPieces(question: AskedQuestion, passages: readonly Hit[]): Piece[][] {
  const trust = trustOf(passages);
  const form = answerForm(question.text);
  const asked = askedWords(question.text);
  return passages.map((hit, index) =>
    piecesOf(question, hit, { passage: index + 1, trust: trust[index] ?? 0, form, asked }),
  );
}

/** Characters of a piece at most: a longer sentence, of a text without full stops, comes in several. */
const longestPiece = 440;
/** Characters of its pieces, about. */
const pieceChars = 200;

/** The sentences of a paragraph; of a list item, a row or some code the whole. */
function partsOf(unit: PassageUnit): UnitSentence[] {
  const [first] = unit.sentences;
  if (unit.kind === "code" || unit.kind === "row") return unit.sentences;
  const isShortItem = unit.kind === "item" && unit.text.length <= longestPiece;
  if (isShortItem && first !== undefined) {
    return [{ ...first, end: unit.text.length, endLine: unit.sentences.at(-1)?.endLine ?? first.endLine }];
  }
  return unit.sentences.flatMap((sentence) => [...cutSentence(unit.text, sentence)]);
}

/** A sentence, or what a very long one is cut into: in front of a space where there is one. */
function* cutSentence(text: string, sentence: UnitSentence): Generator<UnitSentence> {
  let { start } = sentence;
  while (sentence.end - start > longestPiece) {
    const end = cutPoint(text, start, pieceChars, longestPiece);
    const space = text.lastIndexOf(" ", end);
    const cut = space > start ? space : end;
    yield { ...sentence, start, end: cut };
    start = text[cut] === " " ? cut + 1 : cut;
  }
  yield { ...sentence, start };
}

interface Circumstances {
  passage: number;
  trust: number;
  form: AnswerForm;
  asked: readonly string[];
}

function piecesOf(question: AskedQuestion, hit: Hit, { passage, trust, form, asked }: Circumstances): Piece[] {
  const { words, read } = question;
  const heldIn = (terms: TextTerms): HeldWord[] => words.map((word) => heldWord(word, terms));
  const pieces: (Piece & { held: HeldWord[]; under: HeldWord[]; position: number })[] = [];
  let section = 0;
  let position = 0;
  let under: HeldWord[] | null = null;
  const tables = new Map<PassageUnit["group"], HeldWord[]>();
  const paragraphs = new Set<string>();
  for (const unit of passageUnits(hit.text)) {
    if (unit.kind === "heading") {
      section += 1;
      position = 0;
      under = null;
      paragraphs.clear();
      continue;
    }
    // A page that shows the same for several programming languages repeats the paragraphs that they have in common.
    if (unit.kind === "prose" && paragraphs.has(unit.text)) continue;
    paragraphs.add(unit.text);
    const headings = [hit.title, ...hit.heading, ...unit.headings];
    under ??= heldIn(read(headings.join("\n")));
    // The names of the columns tell what a row is about, as a heading does.
    if (unit.row !== null && !tables.has(unit.group)) {
      tables.set(unit.group, heldIn(read([...headings, ...unit.row.head].join("\n"))));
    }
    const over = tables.get(unit.group) ?? under;
    for (const part of partsOf(unit)) {
      const terms = read(unit.text.slice(part.start, part.end));
      const held = heldIn(terms);
      pieces.push({
        passage,
        section,
        unit,
        ...part,
        terms,
        held,
        under: over,
        position,
        own: 0,
        coverage: 0,
        score: 0,
      });
      position += 1;
    }
  }

  const anywhere = words.map((_, word) => Math.max(0, ...pieces.map(({ held }) => held[word]?.degree ?? 0)));
  for (const [at, piece] of pieces.entries()) {
    const { held, unit } = piece;
    const around = [pieces[at - 1], pieces[at + 1]].filter((other) => other?.section === piece.section);
    const covered = heldShare(words, (word) => {
      const own = held[word]?.degree ?? 0;
      const heading = weights.heading * (piece.under[word]?.degree ?? 0);
      const beside = weights.beside * Math.max(0, ...around.map((other) => other?.held[word]?.degree ?? 0));
      const elsewhere = weights.elsewhere * (anywhere[word] ?? 0);
      return Math.max(own, heading, beside, elsewhere) + weights.both * Math.min(own, heading);
    });
    const text = unit.text.slice(piece.start, piece.end);
    piece.own = heldShare(words, (word) => held[word]?.degree ?? 0);
    piece.coverage = covered + weights.sideBySide * neighbourShare(words, held);
    const worth = isTitle(unit.kind, text, asked) ? 0 : quality(unit.kind, text) * form({ kind: unit.kind, text });
    piece.score = (piece.coverage * worth * trust) / (1 + distanceLoss * piece.position);
  }
  return pieces;
}
