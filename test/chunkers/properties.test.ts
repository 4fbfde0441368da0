import { describe, expect, test } from "vitest";
import { chunkerFor } from "../../src/chunkers/index.ts";
import type { Chunk } from "../../src/types.ts";
import { defaults, markdownDocument, pagedDocument, seededRandom, textsOf, violations, visible } from "./support.ts";

const fragments = [
  "# Title\n",
  "## Part one\n",
  "### Deeper `code` *and* [link](x)\n",
  "#### Why?\n",
  "Setext\n===\n",
  "Other\n---\n",
  "A sentence. Another one! And a third?\n",
  "\n",
  "\n\n\n",
  "   \n",
  "- item\n",
  "  - nested item\n",
  "    1. deeper\n",
  "```js\n# not a heading\n",
  "```\n",
  "~~~\n",
  "| a | b |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |\n",
  "> quoted\n> # inside\n",
  "<!-- comment\n# hidden\n",
  "-->\n",
  "    indented code\n",
  "\tcode by tab\n",
  "<div>\nhtml\n</div>\n",
  "***\n",
  "[ref]: https://example.org\n",
  "👩‍👩‍👧‍👦👍🏽 family ",
  "🇩🇪🇯🇵🇹🇭",
  "数据存储在对象存储中。元数据在etcd里！",
  "ข้อมูลถูกเก็บไว้ในที่เก็บข้อมูล ",
  "مرحبا بالعالم. كيف الحال؟\n",
  "שלום עולם ",
  "e\u0301\u0301\u0301",
  "word ",
  "x".repeat(90),
  "x".repeat(700),
  "\u00a0",
  "\u2028",
  "long words in a row ".repeat(20),
  "Dr. Who said so. It was 3.14. ".repeat(9),
  "<h2>Tom &amp; Ann</h2>text\n",
  "&amp; \\# {#id}\n",
];

const awkward: Record<string, string> = {
  nothing: "",
  "only white space": " \n\t\n \u00a0\n\n",
  "only headings": "# One\n## Two\n### Three\n# Four\n",
  "an unclosed fence": "# One\n\n```sh\n# Two\n\n## Three\n\ntext",
  "an unclosed comment": "# One\n\n<!-- never closed\n\n# Two\n",
  "a family emoji many times": "👩‍👩‍👧‍👦".repeat(200),
  "a letter under thousands of accents": `e${"\u0301".repeat(2000)} end`,
  "one line of words": "lorem ipsum dolor ".repeat(600),
  "one line without a space": "QUJD+/09".repeat(800),
  "Chinese without a full stop": "数据存储".repeat(600),
  "Thai without a space": "ข้อมูลถูกเก็บไว้ในที่เก็บข้อมูล".repeat(200),
  "a heading of 5,600 characters": `# ${"heading ".repeat(700)}\n\ntext\n`,
  "a list nested deeply": Array.from({ length: 120 }, (_, depth) => `${"  ".repeat(depth)}- level ${depth}`).join("\n"),
  "a table of many rows": `| a | b |\n|---|---|\n${"| one | two |\n".repeat(300)}`,
  "blank lines by the thousand": `a${"\n".repeat(3000)}b`,
  "link definitions only": "[a]: https://example.org/a\n[b]: https://example.org/b\n",
};

const settings = [
  defaults,
  { ...defaults, overlapChars: 0, sentenceOverlap: 0 },
  { ...defaults, maxChars: 120, overlapChars: 40, sentences: 3, sentenceOverlap: 2, separator: "\n" },
  { ...defaults, maxChars: 33, overlapChars: 0, sentences: 2, sentenceOverlap: 0, separator: "e" },
  { ...defaults, maxChars: 2, overlapChars: 0, sentenceOverlap: 0 },
  { ...defaults, maxChars: 1_000_000, overlapChars: 0, sentences: 1_000_000, sentenceOverlap: 0, separator: "@@@" },
];

/** What is wrong with the chunks of a text, plain and paged, under all settings; empty where all is well. */
async function problemsWith(strategy: string, text: string): Promise<string[]> {
  const chunker = await chunkerFor(strategy);
  const found: string[] = [];
  for (const options of settings) {
    for (const document of [markdownDocument(text), pagedDocument(text, text)]) {
      const chunks = chunker.chunk(document, options);
      found.push(...violations(document, chunks));
      const tooLong = chunks.filter((chunk) => chunk.text.length > options.maxChars);
      if (strategy !== "separator") found.push(...textsOf(tooLong).map((each) => `longer than maxChars: ${each}`));
      const whole = document.pages.map((page) => page.text).join("");
      const expected = strategy === "separator" ? whole.replaceAll(options.separator, "") : whole;
      const isDisjoint = strategy === "separator" || options.overlapChars === 0;
      if (isDisjoint && !isComplete(expected, chunks)) found.push(`not the whole text at ${options.maxChars}`);
    }
  }
  return found;
}

/** Whether all that can be seen of the text is in the chunks, once and in order; for settings without overlap. */
function isComplete(text: string, chunks: readonly Chunk[]): boolean {
  return visible(textsOf(chunks).join("")) === visible(text);
}

describe.each(["markdown", "separator", "sentence", "recursive"])("%s", (strategy) => {
  test.each(Object.entries(awkward))("chunks %s", async (_, text) => {
    expect(await problemsWith(strategy, text)).toEqual([]);
  });

  test("gives the same chunks again", async () => {
    const chunker = await chunkerFor(strategy);
    const document = markdownDocument(fragments.join("").repeat(3));
    expect(chunker.chunk(document, defaults)).toEqual(chunker.chunk(document, defaults));
  });

  test("chunks random mixtures of Markdown and scripts", async () => {
    const random = seededRandom(20_261_120);
    for (let round = 0; round < 60; round++) {
      const length = 1 + Math.floor(random() * 60);
      const parts = Array.from({ length }, () => fragments[Math.floor(random() * fragments.length)]!);
      expect(await problemsWith(strategy, parts.join(""))).toEqual([]);
    }
  });

  test("keeps every chunk of a line of 1 MB within bounds and loses none of it", async () => {
    const text = `HEAD ${"数据 word😀 ".repeat(100_000)} TAIL`;
    const chunker = await chunkerFor(strategy);
    const document = markdownDocument(text);
    const chunks = chunker.chunk(document, { ...defaults, overlapChars: 0, sentenceOverlap: 0, separator: "@@@" });
    expect(chunks[0]!.text.startsWith("HEAD ")).toBe(true);
    expect(chunks.at(-1)!.text.endsWith(" TAIL")).toBe(true);
    expect(chunks.every((chunk) => Buffer.byteLength(chunk.text) <= 65_535)).toBe(true);
    expect(isComplete(text, chunks)).toBe(true);
  });
});
