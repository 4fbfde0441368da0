import { describe, expect, test } from "vitest";
import { literalHyphenatedWords, literalWords } from "../../src/text/query/literal-words.ts";
import { likeliestWord, mistypedLetters, nearWords } from "../../src/text/query/near-words.ts";
import { parseQuery } from "../../src/text/query/parse-query.ts";

describe("a query says what it demands", () => {
  test.each<[string, string, string[], string[]]>([
    ['"hello world"', "hello world", ["hello world"], []],
    ['find "a phrase" here', "find a phrase here", ["a phrase"], []],
    ['"one" and "two words"', "one and two words", ["one", "two words"], []],
    ["say “typeset quotes” or „deutsche“", "say typeset quotes or deutsche", ["typeset quotes", "deutsche"], []],
    ['("in brackets")', "(in brackets)", ["in brackets"], []],
    ['is it "quoted"?', "is it quoted?", ["quoted"], []],
    ["index -vector", "index", [], ["vector"]],
    ["-vector index", "index", [], ["vector"]],
    ["index -vector -gpu", "index", [], ["vector", "gpu"]],
    ['index -"vector search"', "index", [], ["vector search"]],
    ["index -config.yaml", "index", [], ["config.yaml"]],
    ["données -élève", "données", [], ["élève"]],
    ["数据 -索引", "数据", [], ["索引"]],
    ['"a b" -c "d e" -ff', "a b -c d e", ["a b", "d e"], ["ff"]],
  ])("%s", (query, text, phrases, excluded) => {
    expect(parseQuery(query)).toEqual({ text, phrases, excluded });
  });

  test.each([
    "v-if with v-for",
    "--max-old-space-size",
    "node --max-old-space-size=4096",
    "e-mail",
    "a well-known thing",
    "temperatures of -5 degrees",
    "from -273.15 to -40C",
    "npm install -g",
    "a - b",
    "a – b",
    "-word",
    "-word -other",
    '-"a phrase"',
    'a 5" disk and a 3" one',
    'an "open quote',
    '"" nothing',
    '"…"',
    "it's 'quoted'",
    "useState()",
    "-",
    "C++ -",
  ])("and nothing by the signs of %s", (query) => {
    const { phrases, excluded, text } = parseQuery(query);
    expect({ phrases, excluded, text }).toEqual({ phrases: [], excluded: [], text: query });
  });

  test("of any length, in time that grows with it alone", () => {
    for (const unit of ['"', ' "a', " -", "-a ", '"a ', "“", '" ', '-"x']) {
      const started = performance.now();
      parseQuery(unit.repeat(20_000));
      literalHyphenatedWords(unit.repeat(20_000));
      expect(performance.now() - started).toBeLessThan(5_000);
    }
  });
});

describe("words are compared as they are written", () => {
  const holds = (text: string, phrase: string) => literalWords(text).includes(literalWords(phrase));
  test.each([
    ["It is a Big House.", "big house", true],
    ["It is a **big**\n  `house`.", "Big House", true],
    ["big houses", "big house", false],
    ["big red house", "big house", false],
    ["bigger house", "big house", false],
    ["the café's menu", "cafe", true],
    ["use v-if here", "v-if", true],
    ["use v if here", "v-if", true],
    ["written in C++ today", "C++", true],
    ["written in C today", "C++", false],
    ["written in C# today", "c#", true],
    ["向量数据库系统", "数据库", true],
    ["向量数据的库", "数据库", false],
    ["ระบบฐานข้อมูล", "ฐานข้อมูล", true],
    ["ＦＵＬＬ ｗｉｄｔｈ", "full width", true],
  ])("%s holds %s: %s", (text, phrase, expected) => {
    expect(holds(text, phrase)).toBe(expected);
  });

  test.each([
    ["a mail came", "mail", true],
    ["an e-mail came", "mail", false],
    ["an e-mail came", "e-mail", true],
    ["tar -xzf file", "xzf", false],
    ["mails", "mail", false],
    ["(mail)", "mail", true],
  ])("a word is left out where it stands by itself: %s, %s: %s", (text, word, expected) => {
    expect(literalHyphenatedWords(text).includes(literalHyphenatedWords(word))).toBe(expected);
  });
});

describe("a mistyped word", () => {
  const texts = [
    "A sitemap lists the pages. The Sitemap is XML, and each site has a map.",
    "Configuration of the sitemap.",
  ];
  const meant = (word: string, among: readonly string[] = texts) =>
    likeliestWord(nearWords(among, word, mistypedLetters(word)), word);
  test.each([
    ["sitmap", "sitemap"],
    ["sitemaps", "sitemap"],
    ["Sitmap", "sitemap"],
    ["configuratoin", "configuration"],
    ["konfiguration", "configuration"],
    ["istemap", "sitemap"],
    ["mitemap", null],
    ["conglomeration", null],
    ["stmp", null],
    ["unrelated", null],
    ["v2", null],
    ["abc1def", null],
    ["sitemap", null],
  ])("%s was to be %s", (word, expected) => {
    expect(meant(word)).toBe(expected);
  });

  test("is rather the word with the same first letter, and then the commonest", () => {
    expect(meant("lable", ["cable table label"])).toBe("label");
    expect(meant("label", ["babel babel babel lapel"])).toBe("lapel");
    expect(meant("labal", ["label", "labac labac"])).toBe("labac");
  });

  test("has four letters at least, and is of a script with spaces", () => {
    expect(["abc", "abcd", "abcdefg", "abcdefgh", "数据库系统", "a-bcd", "1234"].map(mistypedLetters)).toEqual([
      0, 1, 1, 2, 0, 0, 0,
    ]);
  });
});
