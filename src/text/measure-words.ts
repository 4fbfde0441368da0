/** What is asked for is told by the form of the answer, not by these words. */
const measure = /\bhow (?:much|many|long|often|far|fast)\b/gi;
/** Nor do these say what the question is about: "What happens when …", "What does … mean". */
const happening = /\bwhat (?:happens|happened|will happen|would happen)\b/gi;
const meaning = /\bwhat (do|does|did) ([^?]{1,80}) mean(?=\s*[?.]?\s*$)/gi;

/**
 * A question without the words that ask how much, how many or how long, what happens, or what something means: answers
 * do not repeat them.
 */
export function withoutMeasures(question: string): string {
  return question.replaceAll(measure, "how").replaceAll(happening, "what").replaceAll(meaning, "what $1 $2");
}
