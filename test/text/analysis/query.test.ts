import { describe, expect, test } from "vitest";
import { loadAnalyzer } from "../../../src/text/analysis/analyzer.ts";
import { analyzeQuery, queryWords } from "../../../src/text/analysis/query.ts";

describe("the terms of a query", () => {
  test("leave stop words out, unless nothing else is there", async () => {
    expect(await analyzeQuery("How do I delete a collection?", ["en"])).toEqual(["delet", "collect"]);
    expect(await analyzeQuery("to be or not to be", ["en"])).toEqual(["to", "be", "or", "not"]);
    expect(await analyzeQuery("Когда умер Тесла?", ["ru"])).toEqual(["умер", "тесл"]);
  });

  test.each([
    ["Worum ging es in den Gerichtsverfahren?", ["Gerichtsverfahren"]],
    ["Wie hieß das Stadion, in dem die Mannschaften spielten?", ["Stadion", "Mannschaften", "spielten"]],
    ["Mit wem haben sich die Normannen verbündet?", ["Normannen", "verbündet"]],
    ["Wofür wurde dieses Netz ursprünglich gebaut?", ["Netz", "ursprünglich", "gebaut"]],
    ["In wessen Besitz befinden sich ihre Schiffe?", ["Besitz", "Schiffe"]],
    ["Welche Waffen gab es während des Krieges, und was kosteten sie?", ["Waffen", "Krieges", "kosteten"]],
  ])("leave out the words that a German question is asked with: %s", async (question, subject) => {
    expect((await queryWords(question, ["de"])).map(({ word }) => word.toLowerCase())).toEqual(
      subject.map((word) => word.toLowerCase()),
    );
  });

  test("take a word for a subject that is none in another language", async () => {
    expect(await analyzeQuery("What was the war about?", ["en"])).toEqual(["war"]);
  });

  test("keep abbreviations that are spelled like stop words", async () => {
    expect(await analyzeQuery("IT at the US", ["en"])).toEqual(["it", "us"]);
  });

  test("are those of every language of the collection where the query does not tell its own", async () => {
    expect(await analyzeQuery("Tesla configurations", ["en", "es"])).toEqual([
      "tesla",
      "tesl",
      "configur",
      "configurations",
    ]);
  });

  test("are those of one language where its stop words tell it", async () => {
    expect(await analyzeQuery("When did Tesla die?", ["es", "en", "de"])).toEqual(["tesla", "die"]);
    expect(await analyzeQuery("Wie werden die Häuser gebaut?", ["en", "de"])).toEqual(["haus", "gebaut"]);
  });

  test("find documents of every language of a collection", async () => {
    const german = (await loadAnalyzer("de")).documentTerms("Die Sammlungen in index_type löschen");
    const english = (await loadAnalyzer("en")).documentTerms("Deleting collections by index_type");
    for (const query of ["Sammlung", "index_type", "type"]) {
      const found = await analyzeQuery(query, ["en", "de"]);
      expect(german.split(" ").some((term) => found.includes(term))).toBe(true);
    }
    for (const query of ["deleted collection", "indexType"]) {
      const found = await analyzeQuery(query, ["en", "de"]);
      expect(english.split(" ").some((term) => found.includes(term))).toBe(true);
    }
  });

  test("know the word that each came from, and leave stop words out of the parts of a name", async () => {
    expect(await queryWords("v-if with v-for", ["en"])).toEqual([
      { word: "v-if", terms: ["vif"] },
      { word: "v-for", terms: ["vfor"] },
    ]);
  });

  test("are few for a pasted page, and none for signs alone", async () => {
    const page = Array.from({ length: 5000 }, (_, index) => `w${index}`).join(" ");
    expect((await analyzeQuery(page, ["en"])).length).toBe(200);
    expect(await analyzeQuery("?!", ["en"])).toEqual([]);
  });
});
