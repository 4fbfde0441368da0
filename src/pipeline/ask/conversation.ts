import { neutralizeDelimiters } from "./delimiters.ts";

/** A question of a conversation, with its answer. */
export interface Turn {
  /** As asked. */
  question: string;
  /** What was searched for: the question with what it refers to. */
  standalone: string;
  /** With the numbers of its citations; where it was refused, the reason. */
  answer: string;
}

/** How much of a conversation a model is shown. */
const shownTurns = 4;
/** Characters of a question and of an answer. */
const longest = { question: 500, answer: 1_000 };

/** The names of the tags that delimit a conversation in a prompt. */
export const conversationTags: readonly string[] = ["conversation", "asked", "answered"];

/** The numbers of passages: in another prompt, they would point to other passages. */
const citation = /\s?\[\d+\]/g;

/**
 * The last turns for a prompt, between <conversation> and </conversation>, cut to a bounded length. Answers repeat what
 * documents say, so they can no more close their tag than a passage can. `tags`: all that the prompt uses.
 */
export function conversationBlock(turns: readonly Turn[], tags: ReadonlySet<string>): string {
  const shown = turns.slice(-shownTurns).map(({ question, answer }) => {
    const asked = neutralizeDelimiters(cut(question, longest.question), tags);
    const answered = neutralizeDelimiters(cut(answer.replaceAll(citation, ""), longest.answer), tags);
    return `<asked>${asked}</asked>\n<answered>${answered}</answered>`;
  });
  return `<conversation>\n${shown.join("\n")}\n</conversation>`;
}

function cut(text: string, length: number): string {
  const whole = text.trim();
  return whole.length <= length ? whole : `${whole.slice(0, length).toWellFormed().trimEnd()} …`;
}
