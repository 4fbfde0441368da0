import { describe, expect, test } from "vitest";
import { markdown } from "../../src/chunkers/markdown.ts";
import { defaults, headingsOf, linesOf, markdownDocument, pagedDocument, textsOf } from "./support.ts";

const filler = "This sentence makes the section long enough to stand on its own in every result. ".repeat(3).trim();

function chunk(text: string, options: Partial<typeof defaults> = {}) {
  return markdown.chunk(markdownDocument(text), { ...defaults, ...options });
}

function paragraph(name: string, sentences: number): string {
  return Array.from({ length: sentences }, (_, at) => `Sentence ${at} of paragraph ${name} says a little.`).join(" ");
}

describe("sections", () => {
  test("carry the path of their headings and their lines in the file", () => {
    const text = `---\ntitle: Guide\n---\n\n# Guide\n\n${filler}\n\n## Install\n\n${filler}\n\n### Linux\n\n${filler}\n\n## Use\n\n${filler}\n`;
    const chunks = markdown.chunk(markdownDocument(text, text.indexOf("\n# Guide")), defaults);
    expect(headingsOf(chunks)).toEqual(["Guide", "Guide > Install", "Guide > Install > Linux", "Guide > Use"]);
    expect(linesOf(chunks)).toEqual([
      [5, 7],
      [9, 11],
      [13, 15],
      [17, 19],
    ]);
    expect(chunks[1]!.text).toBe(`## Install\n\n${filler}`);
  });

  test("begin at ATX and setext headings, not at what only looks like one", () => {
    const text = [
      "Title\n=====",
      filler,
      "```sh\n# in a fence\n```",
      "<!--\n# in a comment\n-->",
      "    # in indented code",
      "- # in a list",
      "> # in a quotation",
      "Second\n------",
      filler,
    ].join("\n\n");
    expect(headingsOf(chunk(text))).toEqual(["Title", "Title > Second"]);
  });

  test("an unclosed fence hides the headings below it", () => {
    expect(headingsOf(chunk(`# One\n\n~~~\n# Two\n\n${filler}`))).toEqual(["One"]);
  });

  test("a level that is skipped, and one that is left, keep the path right", () => {
    const text = ["# A", "#### B", "## C", "# D"].map((heading) => `${heading}\n\n${filler}`).join("\n\n");
    expect(headingsOf(chunk(text))).toEqual(["A", "A > B", "A > C", "D"]);
  });

  test.each([
    ["# A [link](https://example.org) and *stress* and `code`", "A link and stress and code"],
    ["# Escaped \\# and &amp; and C# #", "Escaped # and & and C#"],
    ["# Install {#install .wide}", "Install"],
    ["# Install {: #install}", "Install"],
    ["# Use {{name}}", "Use {{name}}"],
    ['# Old <a id="old"></a>', "Old"],
    ["# Linked [#](#linked)", "Linked"],
    ["# Linked [\u200b](#linked)", "Linked"],
    ["# See [the part below](#below)", "See the part below"],
    ["# ![Logo](logo.png) Name", "Logo Name"],
    ["Two\nlines\n=====", "Two lines"],
    ["# snake_case_name", "snake_case_name"],
  ])("%j is read as %j", (heading, words) => {
    expect(headingsOf(chunk(`${heading}\n\n${filler}`))).toEqual([words]);
  });

  test("a very long heading is shortened in the path, not in the text", () => {
    const [first] = chunk(`# ${"long ".repeat(100)}\n\n${filler}`);
    expect(first!.heading[0]!.length).toBeLessThanOrEqual(200);
    expect(first!.heading[0]!.endsWith("long…")).toBe(true);
    expect(first!.text).toContain("long ".repeat(99));
  });
});

describe("HTML headings", () => {
  test("divide a block of HTML, with their words in plain text", () => {
    const text = `<h1 id="faq">Caf&eacute; &amp; FAQ</h1><p>${filler}</p>\n<h4 class="anchor">Is <code>it</code> free?</h4><p>Yes.</p>\n`;
    const chunks = chunk(text);
    expect(headingsOf(chunks)).toEqual(["Café & FAQ", "Café & FAQ > Is it free?"]);
    expect(linesOf(chunks)).toEqual([
      [1, 1],
      [2, 2],
    ]);
    expect(chunks[1]!.text).toBe('<h4 class="anchor">Is <code>it</code> free?</h4><p>Yes.</p>');
  });

  const button = `<button data-href="#a">\n  <svg><path d="M4 9h1v1"></path></svg>\n</button>`;

  test("leave buttons and drawings out, and keep the heading in the path", () => {
    const chunks = chunk(`<h1>FAQ${button}</h1><h2>Cost${button}</h2><p>It is free.</p>\n`);
    expect(headingsOf(chunks)).toEqual(["FAQ > Cost"]);
    expect(textsOf(chunks)).toEqual(["<p>It is free.</p>"]);
  });

  test("with nothing below them keep their words", () => {
    const chunks = chunk(`<h1>FAQ${button}</h1>\n`);
    expect(textsOf(chunks)).toEqual(["<h1>FAQ"]);
    expect(headingsOf(chunks)).toEqual(["FAQ"]);
  });

  test.each([
    '<div class="demo">\n<h1>Hello</h1>\n</div>',
    '<div>\n<h1 v-if="ok">Hello</h1>\n</div>',
    "<h1>{{ Hello }}</h1>",
  ])("of a demo or a component are none: %j", (demo) => {
    expect(headingsOf(chunk(`# Page\n\n${demo}\n\n## Part\n\n${filler}`)).at(-1)).toBe("Page > Part");
  });

  test("in comments and preformatted text are none", () => {
    const text = `<div>\n<!-- <h1>No</h1> --><pre><h2>No</h2></pre>\n<h3>Yes</h3>${filler}\n</div>`;
    expect(headingsOf(chunk(text))).toContain("Yes");
    expect(headingsOf(chunk(text)).join()).not.toContain("No");
  });
});

describe("small sections", () => {
  test("a heading without words opens the deeper section below it", () => {
    const chunks = chunk(`# Guide\n\n<!-- toc -->\n\n## Install\n\n${filler}`);
    expect(headingsOf(chunks)).toEqual(["Guide > Install"]);
    expect(chunks[0]!.text).toBe(`# Guide\n\n<!-- toc -->\n\n## Install\n\n${filler}`);
  });

  test("a heading without words and without deeper sections stays", () => {
    const chunks = chunk(`# One\n\n${filler}\n\n# Two\n\n# Three\n\n${filler}`);
    expect(headingsOf(chunks)).toEqual(["One", "Two", "Three"]);
  });

  test("a few words before the first heading open its section", () => {
    const chunks = chunk(`{{badge}}\n\n# One\n\n${filler}`);
    expect(headingsOf(chunks)).toEqual(["One"]);
    expect(chunks[0]!.startLine).toBe(1);
  });

  test("tiny neighbours under one heading become one chunk with the path they share", () => {
    const small = ["a", "b", "c"].map((name) => `## Option ${name}\n\nSets ${name}.`).join("\n\n");
    const chunks = chunk(`# Options\n\n${filler}\n\n${small}\n\n## Long\n\n${filler}`);
    expect(headingsOf(chunks)).toEqual(["Options", "Options", "Options > Long"]);
    expect(chunks[1]!.text).toBe(small);
  });

  test("merging ends where the chunk is tiny no more", () => {
    const small = Array.from({ length: 8 }, (_, at) => `## Option ${at}\n\n${"Sets one thing. ".repeat(5).trim()}`);
    const chunks = chunk(`# Options\n\n${filler}\n\n${small.join("\n\n")}`);
    expect(textsOf(chunks).slice(1)).toEqual([
      small.slice(0, 3).join("\n\n"),
      small.slice(3, 6).join("\n\n"),
      small.slice(6).join("\n\n"),
    ]);
  });

  test("sections under different headings stay apart", () => {
    const chunks = chunk("# A\n\n## B\n\nOne.\n\n# C\n\n## D\n\nTwo.");
    expect(headingsOf(chunks)).toEqual(["A > B", "C > D"]);
  });

  test("a question keeps its answer to itself, and so do its neighbours", () => {
    const chunks = chunk(
      "# FAQ\n\n## Is it free?\n\nYes.\n\n## 免费吗？\n\n是。\n\n## Limits\n\nNone.\n\n## Help\n\nAsk.",
    );
    expect(headingsOf(chunks)).toEqual(["FAQ > Is it free?", "FAQ > 免费吗？", "FAQ > Limits", "FAQ > Help"]);
  });
});

describe("long sections", () => {
  test("are cut between paragraphs, without overlap", () => {
    const paragraphs = ["a", "b", "c", "d"].map((name) => paragraph(name, 6));
    const chunks = chunk(`# Long\n\n${paragraphs.join("\n\n")}`, { maxChars: 600 });
    expect(textsOf(chunks)).toEqual([
      `# Long\n\n${paragraphs[0]}\n\n${paragraphs[1]}`,
      `${paragraphs[2]}\n\n${paragraphs[3]}`,
    ]);
    expect(headingsOf(chunks)).toEqual(["Long", "Long"]);
    expect(linesOf(chunks)).toEqual([
      [1, 5],
      [7, 9],
    ]);
  });

  test("leave no crumb at the end", () => {
    const paragraphs = Array.from({ length: 11 }, (_, at) => paragraph(String(at), 2));
    const lengths = chunk(`# Long\n\n${paragraphs.join("\n\n")}`, { maxChars: 850 }).map((each) => each.text.length);
    expect(lengths).toHaveLength(2);
    expect(Math.min(...lengths)).toBeGreaterThan(350);
  });

  test("a long paragraph is cut at sentences, the next part repeats up to the overlap", () => {
    const chunks = chunk(`# Long\n\n${paragraph("a", 30)}`, { maxChars: 500, overlapChars: 60 });
    expect(chunks.length).toBeGreaterThan(2);
    for (const [index, { text }] of chunks.entries()) {
      expect(text.endsWith("little.")).toBe(true);
      if (index === 0) continue;
      expect(text.startsWith("Sentence ")).toBe(true);
      const lastSentence = chunks[index - 1]!.text.match(/Sentence \d+ [^.]*\.$/)![0];
      expect(text.startsWith(lastSentence)).toBe(true);
    }
    expect(chunks[0]!.text.startsWith("# Long\n\nSentence 0")).toBe(true);
  });

  test("list items stay whole, nested ones go with them", () => {
    const items = Array.from({ length: 12 }, (_, at) => `- Item ${at} of the list\n  - nested under ${at}`);
    const chunks = chunk(`# List\n\n${items.join("\n")}`, { maxChars: 150 });
    expect(chunks.length).toBeGreaterThan(3);
    for (const { text } of chunks) {
      expect(text.length).toBeLessThanOrEqual(150);
      expect(text.match(/^- Item/gm)?.length).toBe(text.match(/^ {2}- nested/gm)?.length);
    }
  });

  test("a fence that fits is not cut, even where its neighbours are", () => {
    const fence = `\`\`\`js\n${"call();\n\n".repeat(40)}\`\`\``;
    const chunks = chunk(`# Code\n\n${paragraph("a", 8)}\n\n${fence}\n\n${paragraph("b", 8)}`, { maxChars: 420 });
    expect(textsOf(chunks).filter((text) => text.includes(fence))).toHaveLength(1);
  });

  test("a fence that is too long is cut at line ends and repeats nothing", () => {
    const lines = Array.from({ length: 60 }, (_, at) => `    statement(${at});`);
    const chunks = chunk(`\`\`\`js\n${lines.join("\n")}\n\`\`\``, { maxChars: 300 });
    expect(textsOf(chunks).join("\n")).toBe(`\`\`\`js\n${lines.join("\n")}\n\`\`\``);
  });

  test("a table that is too long is cut at row ends and repeats nothing", () => {
    const rows = Array.from({ length: 50 }, (_, at) => `| row ${at} | It has a sentence. And another. |`);
    const table = `| a | b |\n|---|---|\n${rows.join("\n")}`;
    const chunks = chunk(table, { maxChars: 300 });
    expect(textsOf(chunks).join("\n")).toBe(table);
    expect(chunks.every(({ text }) => text.startsWith("|") && text.endsWith("|"))).toBe(true);
  });

  test("a heading is not left alone before a paragraph that would just fit without it", () => {
    const chunks = chunk(`# A heading of some length\n\n${paragraph("a", 10)}`, {
      maxChars: paragraph("a", 10).length,
    });
    expect(chunks[0]!.text.startsWith("# A heading of some length\n\nSentence 0")).toBe(true);
  });

  test("a document larger than what is parsed at once has the same sections", () => {
    const sections = Array.from(
      { length: 2500 },
      (_, at) => `## Part ${at}\n\n\`\`\`\n# no heading\n\n${filler}\n\`\`\``,
    );
    const chunks = chunk(`# Book\n\n${filler}\n\n${sections.join("\n\n")}`);
    expect(chunks).toHaveLength(2501);
    expect(textsOf(chunks).slice(1)).toEqual(sections);
    expect(chunks.at(-1)!.heading).toEqual(["Book", "Part 2499"]);
  });
});

test("pages are chunked one by one, without lines and headings", () => {
  const chunks = markdown.chunk(pagedDocument("# 1 Introduction\nFirst page.", "  \n", "Third page."), defaults);
  expect(chunks).toEqual([
    { ordinal: 0, text: "# 1 Introduction\nFirst page.", heading: [], page: 1, startLine: null, endLine: null },
    { ordinal: 1, text: "Third page.", heading: [], page: 3, startLine: null, endLine: null },
  ]);
});

test("lines that begin with # are no headings in a text without markup", () => {
  const log = { ...markdownDocument(`# started\n\n${filler}\n\n# stopped\n\n${filler}`), markup: "plain" as const };
  const chunks = markdown.chunk(log, defaults);
  expect(headingsOf(chunks)).toEqual([""]);
  expect(linesOf(chunks)).toEqual([[1, 7]]);
});

test("pages with Markdown's marks have headings, and their numbers for places", () => {
  const deck = { ...pagedDocument(`# One\n\n${filler}`, `# Two\n\n${filler}`), markup: "markdown" as const };
  const chunks = markdown.chunk(deck, defaults);
  expect(chunks.map(({ page, heading, startLine }) => ({ page, heading, startLine }))).toEqual([
    { page: 1, heading: ["One"], startLine: null },
    { page: 2, heading: ["Two"], startLine: null },
  ]);
});
