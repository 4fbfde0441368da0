import { expect, test } from "vitest";
import { searchTerms } from "../../src/text/search-terms.ts";

test.each([
  ["How is data stored in Milvus?", "data stored Milvus?"],
  ["how do I use node.js with C++", "node.js C++"],
  ["Wie werden die Daten gespeichert?", "Daten gespeichert?"],
  ["¿Dónde se guardan los datos de la colección?", "¿Dónde guardan datos colección?"],
  ["数据存储在哪里", "数据存储"],
  // Words that are stop words in another language only.
  ["die casting of metal", "die casting metal"],
  ["DOS attack on IT systems of WHO", "DOS attack IT systems WHO"],
  // Nothing would be left.
  ["who are we", "who are we"],
  ["what is it?", "what is it?"],
  ["", ""],
])("%j is searched as %j", (query, expected) => {
  expect(searchTerms(query)).toBe(expected);
});

test("a long query is searched by its first two hundred different words", () => {
  const page = Array.from({ length: 5000 }, (_, i) => `word${i % 900} and`).join(" ");
  const terms = searchTerms(page).split(" ");
  expect(terms).toHaveLength(200);
  expect(terms.slice(0, 3)).toEqual(["word0", "word1", "word2"]);
  expect(searchTerms("?!".repeat(50_000)).length).toBeLessThanOrEqual(1000);
});
