import { describe, expect, it } from "vitest";
import { markdown } from "../../src/chunkers/markdown.ts";
import { recursive } from "../../src/chunkers/recursive.ts";
import { readFrontMatter } from "../../src/markdown/front-matter.ts";
import { readableMdx } from "../../src/markdown/mdx/readable-mdx.ts";
import { passageSentences } from "../../src/markdown/passage-sentences.ts";
import { plainMarkdown } from "../../src/markdown/plain-markdown.ts";
import { defaults, markdownDocument, seededRandom } from "../chunkers/support.ts";

/** Characters of the smaller input. Sentences are found in windows of a fixed size, which the larger one exceeds. */
const size = 20_000;
const doublings = 2;
/** What linear time gives for twice the input, with room for the noise of a machine that does other things. */
const mostGrowth = 3;
/** Milliseconds of processor time that say nothing about growth. */
const leastTime = 60;
/** Milliseconds of processor time for the largest input: a quadratic pattern takes many times as much. */
const mostTime = 8000;

const units = [
  ..."<&[!*_`|#>-~\\:{$\n ",
  "<a",
  "<a ",
  "<a>x",
  "<!--",
  "<!-- x\n",
  "<div><a",
  "<div><a href='x'>",
  "<h1>",
  "<h2><button>",
  "<svg>",
  "<script>",
  "<pre>",
  "<?",
  "<![CDATA[",
  "[x](",
  "![x](",
  "[a][",
  "[a]: b\n",
  "*a **b ",
  "a_b*",
  "&#1",
  "# a {#\n",
  "|-|",
  "a|b\n",
  "- ",
  "> ",
  "1. a\n",
  "A. ",
  "a\n",
  "字\n",
  "```\n",
  "   \n",
  "{/*",
  "{`",
  "{'",
  "x {{",
  "{\n\n",
  "<a b={",
  "<a b='<a b=\"' c=\"",
  "</a>",
  "  <A>\n",
  "import {\n\n",
  "export (\n\n",
  "$x^",
];

const deepList = (length: number) => {
  const lines = Array.from({ length: Math.ceil(length / 100) }, (_, at) => `${" ".repeat(2 * (at % 100))}- a`);
  return lines.join("\n").slice(0, length);
};
const growingFences = (length: number) => {
  const runs = Array.from({ length: Math.ceil(Math.sqrt(2 * length)) }, (_, at) => `${"`".repeat(at + 1)} `);
  return `x ${runs.join("")}`.slice(0, length);
};
const mixture = (length: number) => {
  const random = seededRandom(7);
  let text = "";
  while (text.length < length) text += units[Math.floor(random() * units.length)];
  return text.slice(0, length);
};

const inputs: [name: string, text: (length: number) => string][] = [
  ...units.flatMap((unit): [string, (length: number) => string][] => {
    const repeated = (length: number) => unit.repeat(Math.ceil(length / unit.length)).slice(0, length);
    if (!unit.startsWith("<")) return [[JSON.stringify(unit), repeated]];
    return [
      [JSON.stringify(unit), repeated],
      [`<div>${JSON.stringify(unit)}`, (length) => `<div>${repeated(length)}`],
      [`x ${JSON.stringify(unit)}`, (length) => `x ${repeated(length)}`],
    ];
  }),
  ["a deep list", deepList],
  ["runs of backticks that grow", growingFences],
  ["a mixture", mixture],
];

const readers: Record<string, (text: string) => unknown> = {
  "the Markdown chunker": (text) => markdown.chunk(markdownDocument(text), defaults),
  "the recursive chunker": (text) => recursive.chunk(markdownDocument(text), defaults),
  readableMdx: (text) => readableMdx(text, 0),
  passageSentences,
  plainMarkdown,
  readFrontMatter: (text) => readFrontMatter(`---\n${text}\n- a\n---\n`),
};

/** Processor time in milliseconds: other programs on the machine do not count. */
async function timeOf(reader: (text: string) => unknown, text: string): Promise<number> {
  const before = process.cpuUsage();
  await reader(text);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

/** Milliseconds that no quadratic pattern keeps to, whatever the smaller input takes: it need not be read then. */
const quickTime = (leastTime / 2 ** doublings) * mostGrowth ** doublings;

/** Growth per doubling from the smaller to the larger input, 1 where there cannot be much, and the time of the larger. */
async function measure(reader: (text: string) => unknown, text: (length: number) => string) {
  const large = await timeOf(reader, text(size * 2 ** doublings));
  if (large <= quickTime) return { large, growth: 1 };
  const small = await timeOf(reader, text(size));
  return { large, growth: (large / Math.max(small, leastTime / 2 ** doublings)) ** (1 / doublings) };
}

describe.each(Object.entries(readers))("%s takes time in proportion to its input", (_, reader) => {
  it.each(inputs)("%s", { timeout: 120_000 }, async (_, text) => {
    let best = await measure(reader, text);
    for (let attempt = 0; attempt < 5 && best.growth > mostGrowth; attempt++) {
      const again = await measure(reader, text);
      if (again.growth < best.growth) best = again;
    }
    expect(best.growth).toBeLessThanOrEqual(mostGrowth);
    expect(best.large).toBeLessThan(mostTime);
  });
});
