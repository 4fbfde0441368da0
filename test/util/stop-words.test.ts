import { expect, test } from "vitest";
import { withoutStopWords } from "../../src/util/stop-words.ts";

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
])("%j becomes %j", (query, expected) => {
  expect(withoutStopWords(query)).toBe(expected);
});
