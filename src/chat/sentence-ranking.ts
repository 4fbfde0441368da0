import type { Hit } from "../types.ts";
import { passageSentences, type PassageSentence } from "../markdown/passage-sentences.ts";
import { looksLikeTitle } from "../markdown/title-form.ts";
import { bestSimilarity, contentWords } from "../text/content-words.ts";
import { answerForm, askedWords } from "./question-kind.ts";

/** A sentence of one of the passages, with how well it answers the question. */
export interface RankedSentence extends PassageSentence {
  /** The passage's number in the prompt, counted from 1. */
  passage: number;
  /** Position among the passage's sentences. */
  position: number;
  /** Equal for the sentences under one heading of one passage. */
  section: string;
  words: string[];
  /** Share of the question's words, weighted by rarity, that the sentence holds or stands under, 0 to 1 and a bit. */
  coverage: number;
  /** 0 is no relation to the question; comparable within one ranking only. */
  score: number;
}

/** What a heading tells of the sentences under it, next to the same words in the sentence itself. */
const headingWeight = 1;
/** What a word counts more that stands in both. */
const bothBonus = 0.45;
/** How much a word counts that is in every sentence, next to one that is in none. */
const leastIdf = 0.15;

/** Points to another place instead of answering. */
const pointer =
  /^(?:for (?:more|further|detailed|details)|for a (?:full|complete|detailed)|see\b|refer to|read more|learn more|click|to learn|if you have (?:any )?(?:question|problem|issue)|still have questions|feel free)/i;
/** Stands on a sentence before it. */
const dependent =
  /^(?:it|this|that|these|those|they|he|she|however|therefore|thus|hence|otherwise|but|and|also|in addition|moreover|furthermore|instead|then|as a result|in this case|on the other hand|such|both|to (?:do so|avoid this|do this|fix this))\b/i;

/** Whether a sentence cannot be understood without the one before it. */
export function isDependent(text: string): boolean {
  return dependent.test(text);
}

/**
 * Whether a sentence says nothing about what it names: a title, or a short line without a full stop that has no word,
 * after its label if there is one, that was not asked for.
 */
function isTitle({ kind, text }: PassageSentence, asked: readonly string[]): boolean {
  if (kind === "code" || kind === "row" || /[.。!！:：]$/.test(text) || text.length > 120) return false;
  if (kind === "prose" && looksLikeTitle(text)) return true;
  const value = contentWords(text.slice(text.lastIndexOf(": ") + 1));
  return value.length > 0 && value.every((word) => bestSimilarity(word, asked) > 0);
}

/** The headings that a sentence stands under, the innermost last, without the document's own title. */
function headingsOf(hit: Hit, sentence: PassageSentence): string[] {
  const path = [...hit.heading];
  for (const heading of sentence.headings) if (!path.includes(heading)) path.push(heading);
  return path;
}

/** Inverse document frequency of each word of the question over the sentences, scaled to `leastIdf`…1. */
function wordWeights(question: readonly string[], sentences: readonly (readonly string[])[]): Map<string, number> {
  const weights = new Map<string, number>();
  const most = Math.log(1 + sentences.length);
  for (const word of question) {
    const frequency = sentences.filter((words) => bestSimilarity(word, words) > 0).length;
    const idf = Math.log(1 + (sentences.length - frequency + 0.5) / (frequency + 0.5));
    weights.set(word, Math.max(leastIdf, most === 0 ? 1 : Math.min(1, idf / most)));
  }
  return weights;
}

/** Very short sentences say little, very long ones hold the words by chance. Counted in content words. */
function lengthFactor(count: number): number {
  if (count < 2) return 0.7;
  return count > 25 ? Math.max(0.5, 25 / count) : 1;
}

/** "Place: anywhere", "Overview:": part of a form, which says little on its own. */
const isLabel = (text: string) => text.length <= 40 && /:(?:\s[^.]*)?$/.test(text);

/** What a sentence is worth as an answer, whatever the question. */
function quality({ kind, text }: PassageSentence, words: readonly string[]): number {
  const form = kind === "code" || (kind === "prose" && isLabel(text)) ? 0.5 : 1;
  const asks = /[?？]$/.test(text) ? 0.4 : 1;
  const points = pointer.test(text) ? 0.4 : 1;
  return form * asks * points * lengthFactor(words.length);
}

/**
 * For each asked word how well a path of headings holds it, 0 to 1. The innermost heading counts most, and one that
 * says little else counts more than one that says much.
 */
function matchOfHeadings(asked: readonly string[], path: readonly string[]): Map<string, number> {
  const matches = new Map<string, number>();
  for (const [index, heading] of path.entries()) {
    const words = contentWords(heading);
    const nearness = 1 / (path.length - index);
    const inCommon = words.filter((word) => bestSimilarity(word, asked) > 0).length;
    const fit = 0.5 + (0.5 * inCommon) / Math.max(1, words.length);
    for (const word of asked) {
      matches.set(word, Math.max(matches.get(word) ?? 0, nearness * fit * bestSimilarity(word, words)));
    }
  }
  return matches;
}

/** Share of the asked words, by weight, that a sentence holds (`words`) or stands under (`headings`). */
function coverageOf(
  weights: ReadonlyMap<string, number>,
  words: readonly string[],
  headings: ReadonlyMap<string, number>,
): number {
  let matched = 0;
  let total = 0;
  for (const [word, weight] of weights) {
    const inSentence = bestSimilarity(word, words);
    const inHeadings = headingWeight * (headings.get(word) ?? 0);
    matched += weight * (Math.max(inSentence, inHeadings) + bothBonus * Math.min(inSentence, inHeadings));
    total += weight;
  }
  return total === 0 ? 0 : matched / total;
}

/** How much the search trusts each passage next to the first, 0 to 1: its rank, and its score where scores tell. */
function trustOf(passages: readonly Hit[]): number[] {
  const best = passages[0]?.score ?? 0;
  return passages.map(({ score }, index) => {
    const share = best > 0 && score > 0 ? Math.min(1, score / best) : 1;
    return (0.7 + 0.3 * share) / (1 + 0.05 * index);
  });
}

/**
 * Ranks the passages' sentences by how well they answer the question. A sentence's score is the share of the
 * question's words, weighted by their rarity, that it holds itself or stands under as a heading; passages that the
 * search puts first, and sentences nearer to their heading, come first. Headings themselves are context, not answers.
 * A sentence without relation to the question is there too, with a score of 0.
 */
export function rankSentences(question: string, passages: readonly Hit[]): RankedSentence[] {
  const asked = askedWords(question);
  const candidates = passages.flatMap((hit, index) =>
    passageSentences(hit.text).map((sentence, position) => ({
      sentence,
      position,
      passage: index + 1,
      words: contentWords(sentence.text),
      headings: headingsOf(hit, sentence),
    })),
  );
  const weights = wordWeights(
    asked,
    candidates.map(({ words }) => words),
  );

  const form = answerForm(question, asked);
  const trust = trustOf(passages);
  const sections = new Map<string, { match: Map<string, number>; sentences: number }>();
  return candidates.flatMap(({ sentence, passage, position, words, headings }): RankedSentence[] => {
    if (sentence.kind === "heading") return [];
    const name = `${passage}\n${headings.join("\n")}`;
    const section = sections.get(name) ?? { match: matchOfHeadings(asked, headings), sentences: 0 };
    sections.set(name, section);

    const coverage = coverageOf(weights, words, section.match);
    const nearness = trust[passage - 1]! / (1 + 0.06 * section.sentences);
    section.sentences += 1;
    const worth = isTitle(sentence, asked) ? 0 : quality(sentence, words) * form(sentence);
    const score = coverage * worth * nearness;
    return [{ ...sentence, passage, position, section: name, words, coverage, score }];
  });
}

/** Of the words of a question this share, or two of them, are in a passage that answers it. */
const leastShareOfWords = 0.4;

/**
 * Whether a passage holds enough of the question to be about the same thing. A number alone, or one word of several,
 * is there by chance, unless it is an identifier: letters and digits.
 */
export function isAboutQuestion(question: string, { title, heading, text }: Hit): boolean {
  const asked = askedWords(question);
  const telling = asked.filter((word) => /\p{L}/u.test(word));
  const wanted = telling.length > 0 ? telling : asked;
  const words = new Set(contentWords([title, ...heading, text].join("\n")));
  const held = wanted.filter((word) => bestSimilarity(word, words) > 0);
  return held.length >= 2 || held.length / wanted.length >= leastShareOfWords || held.some((word) => /\d/.test(word));
}
