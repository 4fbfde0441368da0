import { describe, expect, it } from "vitest";
import { markdown } from "../../src/chunkers/markdown.ts";
import { markdownLoader } from "../../src/loaders/markdown.ts";
import { readableMdx } from "../../src/markdown/mdx/readable-mdx.ts";
import { defaults, seededRandom, violations } from "../chunkers/support.ts";
import { markup, mdxSite } from "../fixtures/mdx-site.ts";

const read = (text: string) => readableMdx(text, 0);

describe("MDX", () => {
  it.each([
    ["an import", "import A from 'a';\n\nText.", "\n\nText."],
    ["an import over several lines", 'import {\n  A,\n  B,\n} from "a"\n\nText.', "\n\n\n\n\nText."],
    ["imports one below the other", "import A from 'a'\nimport 'b.css'\n# Title", "\n\n# Title"],
    ["an export with blank lines", "export const a = {\n\n  b: '}',\n};\n\nText.", "\n\n\n\n\nText."],
    ["an export of a component", "export default () => <p>don't</p>\n\nText.", "\n\nText."],
    ["a comment", "a {/* # b */} c", "a c"],
    ["a comment with blank lines", "{/*\n# b\n\n*/}\nc", "\n\n\n\nc"],
    ["an expression", "a {b.map((c) => `}${c}`)} d", "a d"],
    ["a tag in a line", "a <b>bold</b>ly put <C d={1} />.", "a boldly put ."],
    ["attributes that are shown", '<Card title="How to" href="/a b" label="/path">Read</Card>', "How to Read"],
    ["a tag over several lines", '<Image\n  alt="A cat"\n  src="a.png"\n/>', "\nA cat\n\n"],
    ["a heading's anchor", "## Set up {#set-up}", "## Set up"],
    ["a heading's element", '<h2 id="a">Set <b>up</b></h2>', "## Set up"],
    ["a heading without words", "<h1>{id}</h1>\n# {title}", "\n"],
    ["the name of a field", '<ParamField path="user_id" type="string" required>\nWho.', "user_id string\nWho."],
    ["attributes of what is no field", '<Image name="logo" path="user_id" />x', "x"],
    ["marks of containers", ":::note Read **on**\nWords.\n:::", "Read **on**\nWords.\n"],
    ["containers in each other", "::::tabs\n:::tip\na ::: b\n:::\n::::", "\ntip\na ::: b\n\n"],
    [
      "attributes of containers",
      ':::danger[Hot `a`]{#b}\n:::\n::: info{title="Cold day"}\n  :::',
      "Hot `a`\n\nCold day\n",
    ],
    ["styles", "<style>{`\n# a\n`}</style>", "\n\n"],
  ])("leaves out %s", (_, text, expected) => {
    expect(read(text)).toBe(expected);
  });

  it.each([
    ["prose that begins like an import", "import data, then search it.\n\nexport it again."],
    ["a paragraph's second line", "You can\nimport A from 'a' there."],
    ["code", "`<a>` and ``{b} ` <c>`` and `import`"],
    ["a fence", "```js {1} title=\"a\"\nimport A from 'a'\n<b>{c}</b>\n# d\n```"],
    ["a fence in a list", "- a\n\n  ```sh\n  # b\n  ```"],
    ["comparisons and links", "a < b, 1 <2, <https://example.org/a> and <me@example.org>"],
    ["types", "a List<String> here"],
    ["colons", "a\n:::: c.d\n::: (b)\n```md\n:::tip\n```"],
    ["escapes", "\\{a\\} and \\<b>"],
    ["formulas", "$\\frac{a}{b}$ and\n\n$$\na^{b}\n$$"],
    ["a brace that is never closed", "a { b\n\nc"],
    ["a tag that is never closed", 'a <b c="d\n\ne'],
  ])("keeps %s", (_, text) => {
    expect(read(text)).toBe(text);
  });

  it("takes the indentation of elements off, so that fences and headings inside them are found", () => {
    const text = "<A>\n  <B>\n      ```sh\n      # a\n        b\n        ```\n\n      ## C\n  </B>\n</A>\n";
    expect(read(text)).toBe("\n\n```sh\n# a\n  b\n```\n\n## C\n\n\n");
  });

  it("makes no heading of what does not begin its line", () => {
    expect(read("<div># a</div>\n<pre>\n# b\n</pre>\n{c} # d")).toBe("\\# a\n\n\\# b\n\n \\# d");
  });

  it("has the title and the places of the file", async () => {
    const text = "import A from 'a';\n\n<Tabs>\n\n# Set up {#a}\n\nText.\n\n</Tabs>\n";
    const { document } = await markdownLoader.load({ source: "a.MDX", bytes: Buffer.from(text) });
    expect(document).toMatchObject({ title: "Set up", format: "markdown", places: "lines" });
    const chunks = markdown.chunk(document, defaults);
    expect(chunks).toMatchObject([{ text: "# Set up\n\nText.", heading: ["Set up"], startLine: 5, endLine: 7 }]);
  });
});

describe("a site of 420 pages", () => {
  const pages = mdxSite(420);

  it("has no import, no tag and no false heading in any chunk, and loses nothing that is shown", async () => {
    const problems: string[] = [];
    for (const { source, text, headings, shown, code } of pages) {
      const { document } = await markdownLoader.load({ source, bytes: Buffer.from(text) });
      const lines = text.split("\n");
      const chunks = markdown.chunk(document, { ...defaults, overlapChars: 0 });
      problems.push(...violations(document, chunks));
      const report = (problem: string) => problems.push(`${source}: ${problem}`);
      const whole = chunks.map((chunk) => chunk.text).join("\n");
      const prose = whole.replaceAll(/^ *(```+|~~~+)[^]*?^ *\1$/gm, "").replaceAll(/\\frac.*/g, "");
      const found = markup.exec(prose);
      if (found !== null) report(`has markup: ${prose.slice(found.index, found.index + 80)}`);
      const known = new Set(headings);
      const paths = chunks.flatMap((chunk) => chunk.heading);
      for (const heading of paths) if (!known.has(heading)) report(`has the heading ${heading}`);
      for (const heading of headings) if (!whole.includes(heading)) report(`has lost the heading ${heading}`);
      for (const line of code) if (!whole.includes(line)) report(`has lost the code ${line}`);
      for (const word of shown) {
        const line = lines.findIndex((each) => each.includes(word)) + 1;
        const chunk = chunks.find((each) => each.text.includes(word));
        const at = chunk?.text.split("\n").findIndex((each) => each.includes(word)) ?? -1;
        if (chunk === undefined || chunk.startLine! + at !== line) report(`does not have ${word} at line ${line}`);
      }
    }
    expect(problems).toEqual([]);
  });

  it("that is damaged is read without a crash, line by line", async () => {
    const random = seededRandom(20_261_121);
    const marks = [..."<>{}`'\"/*\n#", "<!--", "{/*", "*/", "```", "\nimport ", "\nexport {", "</", "/>", "<A b={"];
    for (const { source, text } of pages) {
      let damaged = text;
      for (let times = 1 + Math.floor(random() * 8); times > 0; times--) {
        const at = Math.floor(random() * damaged.length);
        const mark = marks[Math.floor(random() * marks.length)]!;
        damaged = damaged.slice(0, at) + (random() < 0.5 ? mark : "") + damaged.slice(at + Math.floor(random() * 20));
      }
      const { document } = await markdownLoader.load({ source, bytes: Buffer.from(damaged) });
      expect(document.pages[0]!.text.split("\n")).toHaveLength(damaged.split("\n").length);
      expect(violations(document, markdown.chunk(document, defaults))).toEqual([]);
    }
  });
});
