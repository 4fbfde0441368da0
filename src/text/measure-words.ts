/** What is asked for is told by the form of the answer, not by these words. */
const measure = /\bhow (?:much|many|long|often|far|fast)\b/gi;

/** A question without the words that ask how much, how many or how long. */
export function withoutMeasures(question: string): string {
  return question.replaceAll(measure, "how");
}
