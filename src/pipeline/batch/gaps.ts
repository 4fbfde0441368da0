import { contentWords } from "../../text/content-words.ts";
import type { Hit } from "../../types.ts";
import type { BatchOutcome } from "./batch.ts";

/** A subject that the documents say nothing, or too little, about. */
export interface Gap {
  /** The rare words that its questions share, in the order of the first question. */
  subject: string;
  questions: GapQuestion[];
  /** Words of the questions that no passage holds. */
  missing: string[];
  /** The places nearest to an answer, each once, those that most questions lead to first. */
  closest: Hit[];
}

export interface GapQuestion {
  id: string | number | null;
  question: string;
  /** `false`: it was answered, and `why` says what the answer lacks. */
  refused: boolean;
  /** `null` for a refusal. */
  why: string | null;
}

/** A question that lacks an answer, with its words by the rarity of each. */
interface Member {
  question: GapQuestion;
  words: { word: string; key: string; weight: number; isMissing: boolean }[];
  /** Sum of the weights; never 0. */
  total: number;
  closest: readonly Hit[];
}

/** Likeness, 0 to 1.25, from which on questions are about one subject. */
const sameSubject = 0.4;
/** What counts beside shared words: the place that comes nearest to an answer is the same. */
const likeness = { samePlace: 0.25, sameSource: 0.05 };
/** Words in the name of a subject at most. */
const wordsInSubject = 4;
/** Places that a gap names at most. */
const namedPlaces = 3;

/**
 * What a batch showed the documents to lack: the questions that were refused or poorly supported, grouped by subject; the
 * subject with the most questions first.
 *
 * Each question joins the group to whose questions it is most like on average, or begins one. Two questions are alike by
 * the words they share (Dice's coefficient, each word weighted by its rarity in the collection, where a word that occurs
 * nowhere counts most), and a little by the place that comes nearest to an answer.
 */
export function findGaps(outcomes: readonly BatchOutcome[]): Gap[] {
  const groups: Member[][] = [];
  for (const outcome of outcomes) {
    const member = memberOf(outcome);
    if (member === null) continue;
    let best: Member[] | null = null;
    let bestLikeness = sameSubject;
    for (const group of groups) {
      const mean = group.reduce((sum, other) => sum + likenessOf(member, other), 0) / group.length;
      if (mean < bestLikeness) continue;
      best = group;
      bestLikeness = mean;
    }
    if (best === null) groups.push([member]);
    else best.push(member);
  }
  return groups.map(gapOf).sort((a, b) => b.questions.length - a.questions.length);
}

/** `null` for a question that failed, or has a good answer. */
function memberOf({ asked, result, doubt, frequencies }: BatchOutcome): Member | null {
  if (result === null || !(result.refused || doubt !== null)) return null;
  const words =
    frequencies === null
      ? [...new Set(contentWords(asked.question))].map((word) => ({
          word,
          key: word,
          weight: 1,
          isMissing: false,
        }))
      : frequencies.words.map(({ word, terms, chunks }) => ({
          word,
          key: terms.join(" "),
          weight: Math.log(1 + (frequencies.chunks + 1) / (chunks + 1)),
          isMissing: chunks === 0,
        }));
  return {
    question: { id: asked.id, question: asked.question, refused: result.refused, why: doubt },
    words,
    total: Math.max(
      words.reduce((sum, { weight }) => sum + weight, 0),
      Number.EPSILON,
    ),
    closest: (result.closest.length > 0 ? result.closest : result.hits).slice(0, namedPlaces),
  };
}

function likenessOf(one: Member, other: Member): number {
  const keys = new Set(other.words.map(({ key }) => key));
  const shared = one.words.reduce((sum, { key, weight }) => sum + (keys.has(key) ? weight : 0), 0);
  const [place, otherPlace] = [one.closest[0], other.closest[0]];
  const byWords = (2 * shared) / (one.total + other.total);
  if (place === undefined || otherPlace === undefined || place.source !== otherPlace.source) return byWords;
  const isSamePlace = placeOf(place) === placeOf(otherPlace);
  return byWords + (isSamePlace ? likeness.samePlace : likeness.sameSource);
}

const placeOf = ({ collection, source, heading, page }: Hit): string =>
  JSON.stringify([collection, source, heading, page]);

function gapOf(members: readonly Member[]): Gap {
  const places = new Map<string, { hit: Hit; count: number }>();
  for (const hit of members.flatMap(({ closest }) => closest)) {
    const place = places.get(placeOf(hit)) ?? { hit, count: 0 };
    place.count += 1;
    places.set(placeOf(hit), place);
  }
  return {
    subject: subjectOf(members),
    questions: members.map(({ question }) => question),
    missing: missingWords(members),
    closest: [...places.values()]
      .sort((a, b) => b.count - a.count)
      .slice(0, namedPlaces)
      .map(({ hit }) => hit),
  };
}

/** Each once, in the form in which it comes first. */
function missingWords(members: readonly Member[]): string[] {
  const missing = new Map<string, string>();
  for (const { key, word, isMissing } of members.flatMap((member) => member.words)) {
    if (isMissing && !missing.has(key)) missing.set(key, word);
  }
  return [...missing.values()];
}

/** The words with the most weight that most of the questions have; a question without words names itself. */
function subjectOf(members: readonly Member[]): string {
  const words = new Map<string, { word: string; weight: number; count: number }>();
  for (const { key, word, weight } of members.flatMap((member) => member.words)) {
    const known = words.get(key) ?? { word, weight: 0, count: 0 };
    words.set(key, { ...known, weight: known.weight + weight, count: known.count + 1 });
  }
  const shared = [...words.values()].filter(({ count }) => count > members.length / 2);
  const chosen = new Set([...shared].sort((a, b) => b.weight - a.weight).slice(0, wordsInSubject));
  const named = shared.filter((one) => chosen.has(one)).map(({ word }) => word);
  return named.length > 0 ? named.join(" ") : (members[0]?.question.question ?? "");
}
