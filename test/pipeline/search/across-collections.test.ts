import { expect, it } from "vitest";
import { joinFrequencies } from "../../../src/pipeline/search/across-collections.ts";
import { queryAnalysis } from "../../../src/text/analysis/query.ts";
import type { Language } from "../../../src/text/analysis/language.ts";
import type { WordFrequencies } from "../../../src/types.ts";

async function frequencies(question: string, language: Language): Promise<WordFrequencies> {
  const { words, languages } = await queryAnalysis(question, [language]);
  return { chunks: 10, languages, words: words.map((word) => ({ ...word, chunks: 1 })) };
}

it.each([
  ["How did they store the vectors?", ["store", "vectors"]],
  ["Wie werden die Vektoren gespeichert?", ["Vektoren", "gespeichert"]],
])("%s asks for the same words in any order of the collections", async (question, subject) => {
  const english = await frequencies(question, "en");
  const german = await frequencies(question, "de");
  for (const order of [
    [english, german],
    [german, english],
  ]) {
    const joined = joinFrequencies(order);
    expect(joined?.words.map(({ word, chunks }) => [word, chunks])).toEqual(subject.map((word) => [word, 2]));
    expect(joined?.chunks).toBe(20);
  }
});

it("tells nothing where one collection does not", async () => {
  expect(joinFrequencies([await frequencies("vectors", "en"), null])).toBeNull();
  expect(joinFrequencies([])).toBeNull();
});
