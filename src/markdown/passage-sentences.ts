import { type PassageUnit, passageUnits } from "./passage-units.ts";

/** A sentence of a passage, or what stands in its place: a heading, a list item's sentence, a table row, a code block. */
export interface PassageSentence extends Pick<PassageUnit, "kind" | "headings"> {
  /** The words as they stand in the passage, without markup; one line, code excepted. */
  text: string;
  /** First and last line, counted from 0 at the start of the passage. */
  line: number;
  endLine: number;
}

/** A passage's sentences in reading order, as `passageUnits` reads it. */
export function passageSentences(passage: string): PassageSentence[] {
  return passageUnits(passage).flatMap(({ kind, headings, text, sentences }) =>
    sentences.flatMap(({ start, end, line, endLine }) => {
      const sentence = text.slice(start, end);
      return /[\p{L}\p{N}]/u.test(sentence) ? [{ kind, headings, text: sentence, line, endLine }] : [];
    }),
  );
}
