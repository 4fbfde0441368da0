import { describe, expect, it } from "vitest";
import { markdownLoader } from "../../src/loaders/markdown.ts";

function load(text: string, source = "guides/set-up.md") {
  return markdownLoader.load({ source, bytes: Buffer.from(text) });
}

async function titleOf(text: string): Promise<string> {
  return (await load(text)).document.title;
}

describe("front matter", () => {
  it("becomes metadata; the page stays the whole file", async () => {
    const frontMatter = [
      "---",
      "title: Set up",
      "tags: [a, b, null, 3]",
      "date: 2024-01-05",
      "updated: 2024-01-05 10:30:00 +02:00",
      "draft: false",
      "weight: 1.5",
      "nothing:",
      "author: { name: Ada, mail: { work: a@b.c } }",
      "links:",
      "  - { name: x, to: 1 }",
      "  - { name: y }",
      "---",
      "",
    ].join("\n");
    const text = `${frontMatter}# Heading\n\nText.\n`;
    const { document, warnings } = await load(text);
    expect(document).toEqual({
      source: "guides/set-up.md",
      format: "markdown",
      title: "Set up",
      metadata: {
        title: "Set up",
        tags: ["a", "b", 3],
        date: "2024-01-05",
        updated: "2024-01-05T08:30:00.000Z",
        draft: false,
        weight: 1.5,
        "author.name": "Ada",
        "author.mail.work": "a@b.c",
        "links.name": ["x", "y"],
        "links.to": [1],
      },
      places: "lines",
      markup: "markdown",
      pages: [{ text }],
      bodyStart: frontMatter.length,
    });
    expect(warnings).toEqual([]);
  });

  it("with Windows line ends, a BOM and no end of line at the end is the same", async () => {
    const { document } = await load("\uFEFF---\r\nid: x\r\n---");
    expect(document).toMatchObject({ metadata: { id: "x" }, bodyStart: 13, title: "set-up" });
    expect(document.pages[0]?.text).toBe("---\nid: x\n---");
  });

  it("that is broken is a warning, and no part of the body", async () => {
    const { document, warnings } = await load("---\nid: x\ntitle: a: b: [\n---\n# Heading\n");
    expect(document).toMatchObject({ title: "Heading", metadata: {}, bodyStart: 29 });
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(/^the front matter is not valid YAML and was left out: .+ at line 3\b/);
  });

  it("may begin with blank lines and comments, and be all there is", async () => {
    for (const above of ["", "\n", "\n\n# comment\n", "# comment\n  # another: one\n \t\n"]) {
      const text = `---\n${above}title: Set up\nid: x\n---`;
      for (const end of ["", "\n", "\n\n"]) {
        const { document, warnings } = await load(text + end);
        expect(document).toMatchObject({ title: "Set up", metadata: { title: "Set up", id: "x" } });
        expect(warnings).toEqual([]);
      }
    }
  });

  it("is told from a list below thousands of blank lines and comments at once", async () => {
    for (const above of ["\n", " \n", "# a\n", "\n \n# a\n\t\n"]) {
      const { document } = await load(`---\n${above.repeat(10_000)}- a\n---\n\nText.\n`);
      expect(document).toMatchObject({ metadata: {}, bodyStart: 0 });
    }
  });

  it("is not a text between two rules, nor one that never ends", async () => {
    for (const text of [
      "---\nJust words.\n\n---\n# Title\n",
      "---\ntitle: x\n# Title\n",
      "---\n- a\n- b\n\n---\n# Title\n",
    ]) {
      expect((await load(text)).document).toMatchObject({ title: "Title", metadata: {}, bodyStart: 0 });
    }
  });

  it("that is empty is left out", async () => {
    expect((await load("---\n---\nText\n")).document).toMatchObject({ metadata: {}, bodyStart: 8 });
  });

  it("cannot grow without bounds, nor reach a prototype", async () => {
    const levels = ["a: &a [x, x, x, x, x, x, x, x, x]"];
    for (const [name, before] of ["ba", "cb", "dc", "ed", "fe", "gf"].map((pair) => pair.split(""))) {
      levels.push(`${name}: &${name} [${Array(9).fill(`*${before}`).join(", ")}]`);
    }
    const bomb = await load(`---\n${levels.join("\n")}\n---\n`);
    expect(bomb.warnings[0]).toMatch(/alias/);
    const { document } = await load("---\n__proto__: { polluted: true }\n---\n");
    expect(document.metadata).toEqual({ "__proto__.polluted": true });
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  });
});

describe("the title", () => {
  it.each([
    ["ATX", "Text.\n\n## The **first** `code` [link](x) &amp; ![image](y)\n\n# Later\n", "The first code link & image"],
    ["Setext", "The\nfirst\n=====\n", "The first"],
    ["with an anchor", "# First {#first}\n", "First"],
    ["not in a fence", "```sh\n# comment\n```\n\n# First\n", "First"],
    ["not in a comment", "<!--\n# comment\n<h1>comment</h1>\n-->\n\n# First\n", "First"],
    ["not in indented code", "Text.\n\n    # code\n\n# First\n", "First"],
    ["not an empty one", "#\n\n# <span></span>\n\n# First\n", "First"],
    [
      "HTML, without its button",
      '<h4 id="a" class="b">Where is <code>data</code> &amp; why?<button data-href="#a">\n  <svg><path d="M1"></path></svg>\n</button></h4>\n\n# Later\n',
      "Where is data & why?",
    ],
    ["far below", `${"A line of text.\n\n".repeat(5000)}# First\n`, "First"],
    ["the file's name otherwise", "Text only.\n", "set-up"],
    ["of an empty file", "", "set-up"],
  ])("is the first heading: %s", async (_, text, title) => {
    expect(await titleOf(text)).toBe(title);
  });

  it("of the front matter may be a number, not a list or blank", async () => {
    expect(await titleOf("---\ntitle: 2024\n---\n# H\n")).toBe("2024");
    expect(await titleOf("---\ntitle: ' '\n---\n# H\n")).toBe("H");
    expect(await titleOf("---\ntitle: [a]\n---\n# H\n")).toBe("H");
  });
});

it("attributes of headings leave the text, and nothing else does", async () => {
  const kept = ["```\n# a {#b}\n```", "Text {#c}\n\nand {#d}", "# {{name}}", "# a {b}"];
  const text = ["# One {#one .wide}", "Two {: #two }\n===", "## Three {#three} ##", ...kept].join("\n\n");
  const read = ["# One", "Two\n===", "## Three", ...kept].join("\n\n");
  expect((await load(text)).document.pages).toEqual([{ text: read }]);
});

it("binary data named .md is refused", async () => {
  const bytes = Buffer.from("89504e470d0a1a0a0000000d49484452000000010000000108", "hex");
  await expect(markdownLoader.load({ source: "a.md", bytes })).rejects.toMatchObject({
    code: "not-text",
    message: "the file is not text: it looks like a PNG image",
  });
});
