import type { ChatEvent, ChatModel, ChatRequest } from "./types.ts";
import { isAboutQuestion, isDependent, rankSentences } from "./sentence-ranking.ts";
import type { RankedSentence } from "./sentence-ranking.ts";
import { bestSimilarity } from "../text/content-words.ts";

/** An answer is read in a glance. */
const maxSentences = 5;
const maxChars = 700;
/** A sentence this far below the best one is about something else; less is asked of its neighbours. */
const leastShareOfBest = { elsewhere: 0.75, sameSection: 0.5 };
/** Sentences of one section that make an answer on their own. */
const enoughSentences = 3;
/** With less of the question's words than this, the best sentence is about something else than the question. */
const leastCoverage = 0.18;
/** Two sentences that share this much of their words say the same. */
const redundantOverlap = 0.6;
/** What follows a sentence that ends in a colon belongs to it, up to this many items. */
const maxFollowing = 4;
/** Longer code is for the reader to look up. */
const maxCodeChars = 400;

/** Share of the shorter sentence's words that the other one has too, 0 to 1. */
function overlap(left: RankedSentence, right: RankedSentence): number {
  const [short, long] = left.words.length <= right.words.length ? [left, right] : [right, left];
  if (short.words.length === 0) return short.text === long.text ? 1 : 0;
  return short.words.filter((word) => bestSimilarity(word, long.words) === 1).length / short.words.length;
}

/** A list or a code block that a sentence announces. */
function announced(lead: RankedSentence, sentences: readonly RankedSentence[]): RankedSentence[] {
  if (!/[:：]$/.test(lead.text)) return [];
  const following = sentences
    .filter(({ passage, position }) => passage === lead.passage && position > lead.position)
    .sort((left, right) => left.position - right.position);
  const first = following[0];
  if (first === undefined) return [];
  if (first.kind === "code") return first.text.length <= maxCodeChars ? [first] : [];
  // A list that lost its marks is a run of short lines.
  if (first.kind === "prose") return following.slice(0, 3).filter(({ text }) => text.length <= 160);
  const end = following.findIndex(({ kind }) => kind !== first.kind);
  return following.slice(0, end === -1 ? undefined : end).slice(0, maxFollowing);
}

/** What a sentence needs to be understood, and the sentence: one of them is not shown without the others. */
function withContext(sentence: RankedSentence, sentences: readonly RankedSentence[]): RankedSentence[] {
  const before = isDependent(sentence.text)
    ? sentences.find(
        ({ passage, position, kind }) =>
          passage === sentence.passage && position === sentence.position - 1 && kind === sentence.kind,
      )
    : undefined;
  return [...(before === undefined ? [] : [before]), sentence, ...announced(sentence, sentences)];
}

/**
 * The section of the best sentence first, each part from the best sentence to the worst. Code without the sentence
 * that announces it is no answer where there are words.
 */
function bySection(sentences: readonly RankedSentence[]): RankedSentence[] {
  const words = sentences.filter(({ kind, score }) => kind !== "code" && score > 0);
  const ranked = (words.length > 0 ? words : [...sentences]).sort((left, right) => right.score - left.score);
  const isBestSection = ({ section }: RankedSentence) => section === ranked[0]?.section;
  return [...ranked.filter(isBestSection), ...ranked.filter((sentence) => !isBestSection(sentence))];
}

/** Chooses the sentences that answer best without saying anything twice, in the order in which they are shown. */
function chooseSentences(sentences: readonly RankedSentence[]): RankedSentence[] {
  const ranked = bySection(sentences);
  const best = ranked[0];
  if (best === undefined || best.score === 0 || best.coverage < leastCoverage) return [];
  const chosen: RankedSentence[] = [];
  let room = maxChars;

  for (const sentence of ranked) {
    if (chosen.length >= maxSentences) break;
    const isElsewhere = sentence.section !== best.section;
    if (isElsewhere && chosen.length >= enoughSentences) break;
    const least = leastShareOfBest[isElsewhere ? "elsewhere" : "sameSection"];
    if (chosen.includes(sentence) || sentence.score < least * best.score) continue;
    const group = withContext(sentence, sentences).filter((member) => !chosen.includes(member));
    const isRedundant = chosen.some((other) => overlap(other, sentence) >= redundantOverlap);
    const length = group.reduce((sum, { text }) => sum + text.length + 5, 0);
    if (chosen.length > 0 && (isRedundant || length > room)) continue;
    chosen.push(...group);
    room -= length;
  }

  // The passage that answers best comes first; within it, the order is the document's.
  const order = [...new Set(chosen.map(({ passage }) => passage))];
  return chosen.sort(
    (left, right) => order.indexOf(left.passage) - order.indexOf(right.passage) || left.position - right.position,
  );
}

/** A text without full stops is one sentence, however long: its beginning has to do. */
function shortened(text: string): string {
  return text.length <= maxChars ? text : `${text.slice(0, maxChars).replace(/\s+\S*$/, "")} …`;
}

/** One sentence with its citation, and what separates it from the one before. */
function render(sentence: RankedSentence, before: RankedSentence | undefined): string {
  const text =
    sentence.kind === "code"
      ? `\n\`\`\`\n${sentence.text}\n\`\`\`\n[${sentence.passage}]`
      : `${shortened(sentence.text)} [${sentence.passage}]`;
  if (before === undefined) return text;
  if (before.passage !== sentence.passage) return `\n\n${text}`;
  if (sentence.kind === "item" && before.block !== sentence.block) return `\n- ${text}`;
  if (sentence.kind === "row" || before.kind === "code" || before.kind === "row") return `\n${text}`;
  if (before.kind === "item" && sentence.kind !== "item") return `\n\n${text}`;
  return sentence.kind === "code" ? text : ` ${text}`;
}

/**
 * Answers with the sentences of the passages that answer best, word for word, each with its citation. Needs no model.
 * Gives no text at all where the passages have none of the question's content words, or only its commonest.
 */
export const extractiveModel: ChatModel = {
  name: "extractive",
  generative: false,
  async *answer({ question, passages }: ChatRequest): AsyncIterable<ChatEvent> {
    const related = passages.map((passage) => isAboutQuestion(question, passage));
    const ranked = rankSentences(question, passages);
    const chosen = chooseSentences(ranked.filter(({ passage }) => related[passage - 1]));
    for (const [index, sentence] of chosen.entries()) {
      yield { type: "text", text: render(sentence, chosen[index - 1]) };
    }
  },
};
