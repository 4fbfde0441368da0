const segmenter = new Intl.Segmenter("en", { granularity: "sentence" });

/** A full stop after these does not end a sentence. */
const abbreviation =
  /(?:^|[\s("'“])(?:e\.g|i\.e|vs|cf|approx|ca|resp|incl|dr|mr|mrs|ms|prof|st|gen|u\.s|z\.b|d\.h|bzw|p\.ej)\.\s*$/i;
/** Nor after these, where a number follows. */
const numbered = /(?:^|[\s(])(?:figs?|eq|nos?|nr|vol|pp?|sec|ch|art)\.\s*$/i;
const initial = /(?:^|\s)\p{Lu}\.\s*$/u;
/** A number with its full stop at the start of a line is a list's mark. */
const listNumber = /^\s*\d{1,3}[.)]\s*$/;

export interface Sentence {
  /** Trimmed; a substring of the text. */
  text: string;
  /** Where it starts in the text, in characters. */
  start: number;
}

/** The sentences of a text without markup, in order; nothing but white space is left out. */
export function splitSentences(text: string): Sentence[] {
  const sentences: Sentence[] = [];
  let pending: Sentence | null = null;
  for (const { segment, index } of segmenter.segment(text)) {
    const start: number = pending?.start ?? index;
    pending = { text: text.slice(start, index + segment.length), start };
    const rest = text.slice(index + segment.length);
    const goesOn =
      rest.trim() !== "" &&
      !/\n\s*$/.test(segment) &&
      (abbreviation.test(segment) ||
        initial.test(segment) ||
        listNumber.test(pending.text) ||
        /^\s*[\p{Ll},;:]/u.test(rest) ||
        (numbered.test(segment) && /^\s*\d/.test(rest)));
    if (goesOn) continue;
    const trimmed = pending.text.trim();
    if (trimmed !== "") sentences.push({ text: trimmed, start: pending.start + pending.text.indexOf(trimmed) });
    pending = null;
  }
  return sentences;
}
