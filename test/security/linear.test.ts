import { describe, expect, it } from "vitest";
import { parseFilter } from "../../src/cli/arguments/filters.ts";
import { UserError } from "../../src/errors.ts";
import { globMatches, parseGlob } from "../../src/filters/glob.ts";
import { headingLines } from "../../src/filters/heading-names.ts";
import { loaderFor } from "../../src/loaders/loader-for-file.ts";
import { readFrontMatter } from "../../src/markdown/front-matter.ts";
import { normalizedWord, withoutAccents } from "../../src/text/analysis/fold.ts";
import { literalHyphenatedWords, literalWords } from "../../src/text/query/literal-words.ts";
import { parseQuery } from "../../src/text/query/parse-query.ts";
import { seededRandom } from "../chunkers/support.ts";

/** Characters of the smaller input; the larger has twice as many. */
const size = 20_000;
/** Time of the larger input over that of the smaller; quadratic time gives 4. */
const mostGrowth = 2.5;
/** Milliseconds of processor time that say nothing about growth; a quadratic pattern takes half a second and more. */
const leastTime = 100;
const mostAttempts = 6;
/** Seeded units beside those that are written down. */
const mixedUnits = 8;
/** Units, chosen by the seed, behind each beginning but the first, which has all. */
const unitsPerBeginning = 5;
const seed = 12;

/** Stands behind the repeated units: `.` and `$` stop before it, so that a pattern goes back through all that it took. */
const ending = "\u2028!";

/** Every sign that a pattern can name, and what patterns take for space, letter and digit. */
const signs = [..."!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~ \n\ta0A", "\u0301\u0316"];

interface Reader {
  /** Throws `UserError` for what the format does not allow. */
  read(text: string): unknown;
  /** Words of the format; units are made of these and of the signs. */
  words: readonly string[];
  /** What stands before the repeated units. */
  beginnings: readonly string[];
}

function file(name: string, words: readonly string[], beginnings: readonly string[] = [""]): Reader {
  return {
    words,
    beginnings,
    async read(text) {
      const bytes = Buffer.from(text);
      return (await loaderFor(name, bytes)).load({ source: name, bytes });
    },
  };
}

const srt = "1\n00:00:01,000 --> 00:00:02,000\n";
const markdown = ["```", "**", "](", "![", "<a ", "<!--", "- ", "1. ", "> ", "|-|", "# ", "---\n"];

const readers: Record<string, Reader> = {
  rst: file("a.rst", ["``", ":a:", "`_", ".. ", "::", " <", "===\n", "#. "], ["", "x `", "* ", ".. a:: ", ":date: "]),
  latex: file(
    "a.tex",
    ["\\a{", "\\item[", "\\\\", "\\begin{", "\\section{", "\\cite", "\\and ", "``", "&"],
    ["", "\\title{", "\\section{", "\\begin{tabular}\n"],
  ),
  org: file("a.org", ["[[", "][", "]]", "#+A:", "#+begin_src\n", ":END:\n", "* "], ["", "* ", "#+title: ", "| "]),
  asciidoc: file(
    "a.adoc",
    ["<<", ">>", "[[", "link:", "http://", "== ", "image::", "----\n"],
    ["", "= a\n", ":a: ", "[source,"],
  ),
  markdown: file("a.md", markdown, ["", "x ", "---\n", "- "]),
  mdx: file("a.mdx", [...markdown, "{`", "{/*", "import a ", "</A>", "<A b={"], ["", "x ", "{", "import "]),
  subtitles: file("a.srt", ["<v ", "<b>", "{\\", "-->", "00:00:01,000"], ["", srt]),
  WebVTT: file("a.vtt", ["<v ", "<00:", "-->", "NOTE "], ["WEBVTT\n\n", "WEBVTT\n\n00:01.000 --> 00:02.000 "]),
  csv: file("a.csv", ['"",', '"\n', ";", "a,"], ["", "a,b\n", '"']),
  mbox: file("a.mbox", ["From ", "\nFrom a@b\n", ">From "], ["From a@b Mon Jan 1 00:00:00 2024\n"]),
  json: file("a.json", ['"a":', "[[", "{}", '\\"'], ["", "[", '{"a":', '{"a":"']),
  jsonl: file("a.jsonl", ['{"a":1}\n', "[[", '\\"'], ["", '{"a":"']),
  notebook: {
    ...file("a.ipynb", ["\u001B[", "data:", "![](", "<img ", "base64,", "```"]),
    read: (text) => {
      const outputs = [{ output_type: "stream", name: "stdout", text }];
      const cells = [
        { cell_type: "markdown", source: text },
        { cell_type: "code", source: text, outputs },
      ];
      const bytes = Buffer.from(JSON.stringify({ nbformat: 4, nbformat_minor: 5, metadata: {}, cells }));
      return loaderFor("a.ipynb", bytes).then((loader) => loader.load({ source: "a.ipynb", bytes }));
    },
  },
  html: file(
    "a.html",
    ["<p>", "</p>", "<div class='", "<a href=", "<table><tr><td>", "<!--", "&amp;", "&#x", "<nav>", "<h1>", "<li>"],
    ["", "<body><nav>x</nav><p>", "<meta charset=", "<title>"],
  ),
  mail: file(
    "a.eml",
    ["=?utf-8?q?", "?=", "--x\n", "=41", "a: b\n", "a*0="],
    [
      "",
      "Content-Type: multipart/mixed; boundary=x\n\n--x\n",
      "Content-Type: text/html\nContent-Transfer-Encoding: quoted-printable\n\n",
    ],
  ),
  code: file("a.py", ["def ", '"""', "# "]),
  xml: file("a.xml", ["<a>", "</a>", "<!--", "<![CDATA[", "<?", "&a;", "<!ENTITY "], ["", "<a>", "<a b='"]),
  "plain text": file("a.txt", ["- ", ". ", "\r\n"]),
  "front matter": {
    read: readFrontMatter,
    words: ["a: ", "- ", "---\n", "&a", "*a", "|\n", "? "],
    beginnings: ["---\n", "---\na: ", "+++\n"],
  },
  "a question": {
    read: (text) => [parseQuery(text), literalWords(text), literalHyphenatedWords(text)],
    words: ['"a', ' -"', " -a", "“", "„"],
    beginnings: ["", '"', "-"],
  },
  "a filter": { read: parseFilter, words: ["a=", ">=", "!=", "source~"], beginnings: ["", "a", "a=", "source~"] },
  "a filter's glob": {
    read: (text) => globMatches(parseGlob(`*a${text.slice(0, 1000)}*b`), text),
    words: ["*a", "?", "**"],
    beginnings: ["", "a"],
  },
  accents: {
    read: (text) => [withoutAccents(text), normalizedWord(text, "fr")],
    words: ["\u0301", "é", "ß\u0301"],
    beginnings: ["", "a"],
  },
  headings: {
    read: (text) => headingLines({ text, format: "markdown", source: "a.md", title: null, headingPath: [] } as never),
    words: ["```", "~~~", "\n```", "# ", "\n# "],
    beginnings: ["", "```\n", "# "],
  },
};

/** Processor time in milliseconds: other programs on the machine do not count. */
async function timeOf(reader: Reader, text: string): Promise<number> {
  const before = process.cpuUsage();
  try {
    await reader.read(text);
  } catch (error) {
    // Elements inside elements without end cost their file, and are soon noticed.
    if (!(error instanceof UserError) && !(error instanceof RangeError)) throw error;
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

/**
 * Growth of the time from an input to one of twice its length; 1 where both take too little to tell. What grows too fast
 * is tried at twice the length, too: there, what a run costs whatever the length counts less.
 */
async function growthOf(reader: Reader, text: (length: number) => string): Promise<number> {
  const growth = await growthFrom(size, reader, text);
  return growth > mostGrowth ? Math.min(growth, await growthFrom(2 * size, reader, text)) : growth;
}

async function growthFrom(length: number, reader: Reader, text: (length: number) => string): Promise<number> {
  let [small, large] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (let attempt = 0; attempt < mostAttempts; attempt++) {
    large = Math.min(large, await timeOf(reader, text(2 * length)));
    if (large <= leastTime) return 1;
    small = Math.min(small, await timeOf(reader, text(length)));
    if (large <= mostGrowth * small) return large / small;
    // The first runs of a function are slower: what was measured once says little.
    if (attempt > 1 && large > 3000) break;
  }
  return large / small;
}

describe("time is in proportion to the input", () => {
  it.each(Object.entries(readers))("%s", { timeout: 300_000 }, async (_, reader) => {
    const random = seededRandom(seed);
    const parts = [...signs, ...reader.words];
    const pick = (list: readonly string[]) => list[Math.floor(random() * list.length)] ?? "";
    const units = [
      ...parts,
      ...Array.from({ length: mixedUnits }, () =>
        Array.from({ length: 2 + Math.floor(random() * 3) }, () => pick(parts)).join(""),
      ),
    ];
    // The functions are compiled on texts that no pattern is slow with.
    for (const unit of ["a ", "a\n"]) await timeOf(reader, (reader.beginnings[0] ?? "") + unit.repeat(size));
    const slow: string[] = [];
    for (const [index, beginning] of reader.beginnings.entries()) {
      const some = index === 0 ? units : Array.from({ length: unitsPerBeginning }, () => pick(units));
      for (const unit of some) {
        const text = (length: number) => beginning + unit.repeat(length / unit.length) + ending;
        const growth = await growthOf(reader, text);
        if (growth > mostGrowth) slow.push(`${JSON.stringify(beginning)} ${JSON.stringify(unit)} ${growth.toFixed(1)}`);
      }
    }
    expect(slow).toEqual([]);
  });
});

describe("the time and memory of a table are in proportion to its text", () => {
  const tables: Record<string, [reader: keyof typeof readers, text: (length: number) => string]> = {
    "a wide grid of short rows": [
      "rst",
      (length) => {
        const border = `${"+-".repeat(length / 10)}+\n`;
        return `${border}${"| a\n+--+\n".repeat(length / 10)}${border}`;
      },
    ],
    "a wide table of short rows without a grid": [
      "rst",
      (length) => {
        const border = `${"= ".repeat(length / 4)}\n`;
        return `${border}${"a\n".repeat(length / 4)}${border}`;
      },
    ],
    // Each table is short: what is slow is to find the end of so many.
    "many tables": ["asciidoc", (length) => "|===\n|a\n|===\n".repeat(length)],
  };

  it.each(Object.entries(tables))("%s", { timeout: 300_000 }, async (_, [reader, text]) => {
    expect(await growthOf(readers[reader] as Reader, text)).toBeLessThanOrEqual(mostGrowth);
  });
});
