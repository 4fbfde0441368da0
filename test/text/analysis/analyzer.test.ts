import { describe, expect, test } from "vitest";
import { loadAnalyzer } from "../../../src/text/analysis/analyzer.ts";
import type { Language } from "../../../src/text/analysis/language.ts";

async function terms(text: string, language: Language = "en"): Promise<string[]> {
  return (await loadAnalyzer(language)).documentTerms(text).split(" ");
}

/** Forms of one word in each row: a document with any of them is found by any other. */
const inflected: [Language, string][] = [
  ["en", "store stores stored storing"],
  ["en", "configure configuration configured"],
  ["ar", "مهندس المهندسون المهندسين مهندسة"],
  ["ar", "كتاب الكتاب والكتاب بالكتاب"],
  ["bg", "книга книги книгата"],
  ["da", "bil biler bilerne"],
  ["de", "Haus Häuser Hauses Häusern haus"],
  ["de", "Straße Strasse Straßen STRASSE"],
  ["de", "München Muenchen Munchen"],
  ["el", "πόλη πόλεις πόλεων"],
  ["es", "configuración configuraciones configurar"],
  ["fi", "talo talot talossa talon taloissa"],
  ["fr", "national nationale nationaux"],
  ["fr", "l'homme hommes"],
  ["hi", "किताब किताबें किताबों"],
  ["hu", "ház házak házban házat"],
  ["id", "buku bukunya"],
  ["it", "configurazione configurazioni dell'configurazione"],
  ["ko", "인덱스 인덱스를 인덱스는 인덱스에서"],
  ["nl", "boek boeken"],
  ["no", "bil biler bilene"],
  ["pt", "configuração configurações configurar configurado"],
  ["ro", "oraș orașe orașul orașului"],
  ["ru", "книга книги книгу Книге"],
  ["sr", "knjiga knjige"],
  ["sv", "spelare spelarna spelaren"],
  ["tr", "kitap kitaplar kitapta"],
  ["tr", "İstanbul İstanbul'da istanbul"],
  ["uk", "місто міста містом містах"],
];

describe("words of a language", () => {
  test.each(inflected)("%s: %s have one term", async (language, forms) => {
    for (const form of forms.split(" ")) {
      const [shared] = await terms(forms.split(" ")[0] ?? "", language);
      expect(await terms(form, language)).toContain(shared);
    }
  });

  test("are stemmed as English in languages of another script", async () => {
    expect(await terms("Индексы stores", "ru")).toEqual(["индекс", "store"]);
  });

  test("keep their endings where the language has no stemmer", async () => {
    expect(await terms("Książki stores", "und")).toEqual(["ksiazki", "stores"]);
  });

  test("are found without their accents", async () => {
    expect(await terms("configuración", "es")).toEqual(expect.arrayContaining(await terms("configuracion", "es")));
    expect(await terms("Übergröße Łódź", "und")).toEqual(["ubergrosse", "lodz"]);
  });

  test("of Chinese, Japanese and Thai come out of a dictionary, whatever is written beside them", async () => {
    expect(await terms("Milvus是一个数据库", "zh")).toEqual(expect.arrayContaining(["milvus", "数据"]));
    expect(await terms("インデックスを作成する", "ja")).toEqual(expect.arrayContaining(["インデックス", "作成"]));
    expect(await terms("CLIและรายงาน", "th")).toEqual(["cli", "และ", "รายงาน"]);
  });

  test("are one whatever marks, widths and digits they are written with", async () => {
    expect(await terms("ＡＰＩ caf\u00e9 cafe\u0301 sep\u00adarate ٢٠٢٤", "und")).toEqual([
      "api",
      "cafe",
      "cafe",
      "separate",
      "2024",
    ]);
    expect(await terms("مُحَمَّد", "ar")).toEqual(await terms("محمد", "ar"));
  });
});

describe("names in code", () => {
  test.each([
    ["v-if", ["vif", "if"]],
    ["--max-old-space-size", ["max", "old", "space", "size"]],
    ["useState()", ["use", "state"]],
    ["config.yaml", ["config", "yaml"]],
    ["index_type", ["index", "type"]],
    ["std::vector", ["std", "vector"]],
    ["HTMLElement", ["html", "element"]],
    ["v2.4.6", ["2.4.6", "2.4"]],
    ["E0308", ["e0308"]],
    ["C++ C# F#", ["c++", "c#", "f#"]],
    ["2024-01-15", ["2024-01-15", "2024", "01", "15"]],
  ])("%s is found by %j", async (name, parts) => {
    expect(await terms(name)).toEqual(expect.arrayContaining(parts));
  });

  test("are one word, however it is joined", async () => {
    const [whole] = await terms("use_state");
    for (const name of ["useState", "use-state", "USE_STATE", "useState()"]) expect(await terms(name)).toContain(whole);
    expect(await terms("email")).toEqual([(await terms("e-mail"))[0]]);
  });

  test("count once for their parts, and for the whole as often as they occur", async () => {
    const found = await terms("index_type index_type index_type");
    expect(found.filter((term) => term === found[0])).toHaveLength(3);
    expect(found.filter((term) => term === "index")).toHaveLength(1);
  });

  test("of any length are cut to 128 characters, never in the middle of a character", async () => {
    const [term = ""] = await terms("𝒳".repeat(300), "und");
    expect(term.length).toBeLessThanOrEqual(128);
    expect(term.isWellFormed()).toBe(true);
  });
});

test("a page without a space in it is analysed whole", async () => {
  expect((await terms("数据库".repeat(50_000), "zh")).length).toBeGreaterThan(50_000);
  expect(await terms("a".repeat(1_000_000))).toEqual(["a".repeat(128)]);
});

test("a text without words has no terms", async () => {
  expect((await loadAnalyzer("en")).documentTerms(" \n--- !? ")).toBe("");
});
