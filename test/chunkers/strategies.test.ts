import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { chunkerFor } from "../../src/chunkers/index.ts";
import { strategies } from "../../src/chunkers/index.ts";
import { UserError } from "../../src/errors.ts";
import { needing } from "../fixtures/needs.ts";
import { sharedData } from "../fixtures/shared-data.ts";
import { defaults, headingsOf, linesOf, markdownDocument, pagedDocument, textsOf } from "./support.ts";

const separator = await chunkerFor("separator");
const sentence = await chunkerFor("sentence");
const recursive = await chunkerFor("recursive");

test.each(strategies)("%s is there under its name", async (strategy) => {
  expect((await chunkerFor(strategy)).name).toBe(strategy);
});

test.each(["semantic", "toString"])("an unknown strategy is refused: %s", async (strategy) => {
  await expect(chunkerFor(strategy)).rejects.toThrow(
    expect.objectContaining({ code: "unknown-strategy", hint: expect.stringContaining("markdown, separator") }),
  );
});

describe("separator", () => {
  const faq = "---\ntitle: FAQ\n---\n\n# FAQ\n\n#### Is it free?\n\nYes.\n\n#### Is C# there?\n\nNo.\n";

  test("splits the whole text at the literal string and drops empty pieces", () => {
    const chunks = separator.chunk(markdownDocument(faq, faq.indexOf("# FAQ")), defaults);
    expect(textsOf(chunks)).toEqual([
      "---\ntitle: FAQ\n---",
      "FAQ\n\n###",
      "Is it free?\n\nYes.\n\n###",
      "Is C",
      "there?\n\nNo.",
    ]);
    expect(linesOf(chunks)).toEqual([
      [1, 3],
      [5, 7],
      [7, 11],
      [11, 11],
      [11, 13],
    ]);
    expect(headingsOf(chunks)).toEqual(["", "FAQ", "FAQ > Is it free?", "FAQ > Is C# there?", "FAQ > Is C# there?"]);
  });

  test("takes the separator literally", () => {
    const chunks = separator.chunk(markdownDocument("a.b.*c.*d"), { ...defaults, separator: ".*" });
    expect(textsOf(chunks)).toEqual(["a.b", "c", "d"]);
  });

  test("does not cut at maxChars, only where a piece could not be stored", () => {
    const long = "A sentence that says a little. ".repeat(200).trim();
    expect(textsOf(separator.chunk(markdownDocument(long), defaults))).toEqual([long]);
    const ascii = "x".repeat(65_535);
    expect(separator.chunk(markdownDocument(ascii), defaults)).toHaveLength(1);
    const chinese = "数据。".repeat(10_000);
    const chunks = separator.chunk(markdownDocument(chinese), defaults);
    expect(chunks.length).toBeGreaterThan(1);
    expect(textsOf(chunks).join("")).toBe(chinese);
  });

  test("gives the 72 pieces of the Milvus tutorials", needing("shared-data"), () => {
    const folder = path.join(sharedData ?? "", "milvus-docs/en/faq");
    const names = ["operational_faq", "performance_faq", "product_faq", "troubleshooting"];
    const counts = names.map((name) => {
      const text = readFileSync(path.join(folder, `${name}.md`), "utf8");
      return separator.chunk(markdownDocument(text), defaults).length;
    });
    expect(counts.reduce((sum, count) => sum + count)).toBe(72);
  });
});

describe("sentence", () => {
  const text = Array.from({ length: 7 }, (_, at) => `This is sentence ${at}.`).join(" ");

  test("puts n sentences into a chunk and repeats m of them", () => {
    const chunks = sentence.chunk(markdownDocument(text), { ...defaults, sentences: 3, sentenceOverlap: 1 });
    expect(textsOf(chunks)).toEqual([
      "This is sentence 0. This is sentence 1. This is sentence 2.",
      "This is sentence 2. This is sentence 3. This is sentence 4.",
      "This is sentence 4. This is sentence 5. This is sentence 6.",
    ]);
  });

  test("has no chunk at the end that only repeats", () => {
    const chunks = sentence.chunk(markdownDocument(text), { ...defaults, sentences: 4, sentenceOverlap: 3 });
    expect(chunks).toHaveLength(4);
    expect(chunks.at(-1)!.text.endsWith("sentence 6.")).toBe(true);
  });

  test("takes fewer sentences where they would be too long, and cuts one that is too long alone", () => {
    const giant = `It ${"goes on and ".repeat(20)}ends.`;
    const chunks = sentence.chunk(markdownDocument(`Short one. Short two. ${giant} Short three.`), {
      ...defaults,
      maxChars: 100,
    });
    expect(chunks[0]!.text).toBe("Short one. Short two.");
    expect(chunks.every((chunk) => chunk.text.length <= 100)).toBe(true);
    expect(textsOf(chunks).join(" ")).toContain("goes on and ends.");
  });

  test("a line break inside a paragraph ends no sentence, a list item does", () => {
    const wrapped =
      "A sentence that is\nwrapped by hand. Another\none.\n- an item\n- a second item\n\nA title\n\nThe end.";
    const chunks = sentence.chunk(markdownDocument(wrapped), { ...defaults, sentences: 1, sentenceOverlap: 0 });
    expect(textsOf(chunks)).toEqual([
      "A sentence that is\nwrapped by hand.",
      "Another\none.",
      "- an item",
      "- a second item",
      "A title",
      "The end.",
    ]);
    expect(linesOf(chunks)[0]).toEqual([1, 2]);
  });

  test("knows the full stops of other scripts", () => {
    const chinese = "数据存储在哪里？数据存储在对象存储中。元数据在etcd里。";
    const chunks = sentence.chunk(markdownDocument(chinese), { ...defaults, sentences: 1, sentenceOverlap: 0 });
    expect(textsOf(chunks)).toEqual(["数据存储在哪里？", "数据存储在对象存储中。", "元数据在etcd里。"]);
  });

  test("sees the same sentences in a text of many windows", () => {
    const many = Array.from({ length: 20_000 }, (_, at) => `This is sentence ${at}.`);
    const options = { ...defaults, sentences: 1, sentenceOverlap: 0 };
    expect(textsOf(sentence.chunk(markdownDocument(many.join(" ")), options))).toEqual(many);
  });

  test("leaves front matter out, keeps pages apart", () => {
    const matter = "---\ntitle: A\n---\n";
    expect(textsOf(sentence.chunk(markdownDocument(`${matter}One.`, matter.length), defaults))).toEqual(["One."]);
    const paged = sentence.chunk(pagedDocument("One. Two.", "Three."), defaults);
    expect(paged.map((chunk) => [chunk.page, chunk.text])).toEqual([
      [1, "One. Two."],
      [2, "Three."],
    ]);
  });

  test("refuses an overlap that is not smaller than the chunk", () => {
    const options = { ...defaults, sentences: 2, sentenceOverlap: 2 };
    const chunk = () => sentence.chunk(markdownDocument("One."), options);
    expect(chunk).toThrow(UserError);
    expect(chunk).toThrow(expect.objectContaining({ code: "invalid-chunking", exitCode: 2 }));
    expect(chunk).toThrow("chunking.sentenceOverlap (2) must be smaller than chunking.sentences (2)");
  });
});

describe("recursive", () => {
  const words = Array.from({ length: 400 }, (_, at) => `word${at}`).join(" ");

  test("fills chunks with whole paragraphs where they fit", () => {
    const paragraphs = ["a", "b", "c"].map((name) => `Paragraph ${name} has these words.`);
    const chunks = recursive.chunk(markdownDocument(paragraphs.join("\n\n")), {
      ...defaults,
      maxChars: 70,
      overlapChars: 0,
    });
    expect(textsOf(chunks)).toEqual([`${paragraphs[0]}\n\n${paragraphs[1]}`, paragraphs[2]]);
  });

  test("goes on to lines, sentences and words", () => {
    const text = `First line is here\nSecond line is here. It has two sentences.\n${words}`;
    const chunks = recursive.chunk(markdownDocument(text), { ...defaults, maxChars: 40, overlapChars: 0 });
    expect(textsOf(chunks).slice(0, 4)).toEqual([
      "First line is here\nSecond line is here.",
      "It has two sentences.\nword0 word1 word2",
      expect.stringMatching(/^word3 /),
      expect.any(String),
    ]);
    expect(chunks.every(({ text: each }) => each.split(/\s/).every((word) => text.split(/\s/).includes(word)))).toBe(
      true,
    );
  });

  test("repeats at most the overlap, from the start of a word", () => {
    const chunks = recursive.chunk(markdownDocument(words), { ...defaults, maxChars: 200, overlapChars: 50 });
    for (let index = 1; index < chunks.length; index++) {
      const previous = chunks[index - 1]!.text;
      const { text } = chunks[index]!;
      const shared = [...Array(51).keys()].reverse().find((length) => previous.endsWith(text.slice(0, length)))!;
      expect(shared).toBeGreaterThan(30);
      expect(text).toMatch(/^word\d+ /);
    }
  });

  test("refuses an overlap that is not smaller than the chunk", () => {
    const options = { ...defaults, maxChars: 100, overlapChars: 100 };
    const chunk = () => recursive.chunk(markdownDocument("One."), options);
    expect(chunk).toThrow(expect.objectContaining({ code: "invalid-chunking", exitCode: 2 }));
  });
});
