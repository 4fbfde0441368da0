import type { PassageSentence } from "../markdown/passage-sentences.ts";

/** How much more a sentence is worth, 1 or more, for the form that it has. */
export type AnswerForm = (sentence: Pick<PassageSentence, "kind" | "text">) => number;
import { bestSimilarity, contentWords } from "../text/content-words.ts";
import { withoutMeasures } from "../text/measure-words.ts";

/** A sentence of the form that the question asks for is worth this much more than one that is not. */
const rightForm = 1.5;

const asksQuantity =
  /\b(?:how (?:much|many|long|often|large|big|old|far|fast|high)|what (?:year|date|time|number|amount|percentage)|(?<=^\s*)when (?:is|are|was|were|do|does|did|will|can|has)|wie ?viele?|wann|combien|quand|cu[aá]nt[oa]s?|cu[aá]ndo|quant[oa]s?|quando)\b|多少|几|何時|いくつ|กี่|เท่าไร/iu;
const quantity =
  /\d|[$€£¥%]|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|twelve|dozen|hundred|thousand|million|once|twice|hourly|daily|weekly|monthly|quarterly|annual(?:ly)?|yearly|unlimited|free)\b/iu;

const asksList = /^\s*(?:(?:please )?(?:list|name)\b|(?:what|which)\b(?:\s+[\w-]+){0,6}\s+are\b)/i;
/** Several things; a comma and "and" after the first one join two clauses. */
const enumeration =
  /(?:(?<=[a-z]):|\b(?:such as|including|namely|are))\s[^.{},]*,(?!\s*(?:and|or)\b)[^.{}]*(?:,|\band\b|\bor\b)/i;

const asksDefinition = /^\s*(?:what(?:'s|’s| is| are)|who is|define|was (?:ist|sind)|qu['’]est-ce|qu[eé] es|什么是)/i;
const predicate = /\s(?:is|are|refers? to|means?|stands? for|ist|sind|est|es|é)\s|是/iu;

/** The words of a question that an answer should hold, each once. */
export function askedWords(question: string): string[] {
  return [...new Set(contentWords(withoutMeasures(question)))];
}

/** Whether the sentence says what something is: its subject is what was asked for and nothing else. */
function defines(text: string, asked: readonly string[]): boolean {
  const verb = predicate.exec(text);
  if (verb === null) return false;
  const subject = contentWords(text.slice(0, verb.index));
  return subject.length === asked.length && subject.every((word) => bestSimilarity(word, asked) === 1);
}

/**
 * How much more a sentence is worth, 1 or more, that has the form of an answer to this question: a figure or a date
 * where it asks how much or when, an enumeration where it asks for several things, a definition where it asks what
 * something is.
 */
export function answerForm(question: string): AnswerForm {
  const asked = askedWords(question);
  if (asksQuantity.test(question)) return ({ text }) => (quantity.test(text) ? rightForm : 1);
  const wantsList = asksList.test(question);
  const wantsDefinition = asksDefinition.test(question);
  return ({ kind, text }) => {
    const fits =
      (wantsDefinition && defines(text, asked)) ||
      (wantsList && (kind === "item" || kind === "row" || enumeration.test(text)));
    return fits ? rightForm : 1;
  };
}
