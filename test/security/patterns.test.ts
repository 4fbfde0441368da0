import { expect, test } from "vitest";
import { seededRandom } from "../chunkers/support.ts";
import { partsOf, sourcePatterns } from "./patterns.ts";

/** Characters of the smaller input; the larger has twice as many. */
const size = 2500;
/** Time of the larger input over that of the smaller; quadratic time gives 4. */
const mostGrowth = 2.5;
/** Milliseconds of processor time that say nothing about growth. */
const leastTime = 8;
const attempts = 4;
const seed = 12;
/** Units for each pattern. */
const most = { characters: 10, words: 4, mixed: 6 };
/** Stands behind the repeated units, so that a pattern does not come to its end. */
const ending = "\u2028!";

/** Patterns that take longer in a long text, and get none: why. */
const bounded: Readonly<Record<string, string>> = {
  "cli/arguments/usage-error.ts": "words of the command line",
  "models/retry-after.ts": "a header, of the form that the pattern before it allows",
  "pipeline/ask/claims.ts": "the last characters before a place, of a fixed number",
};

/** Patterns whose parts are known at run time alone; the readers that use them are in linear.test.ts. */
const madeAtRunTime = new Set([
  "files/encodings/likelihood.ts",
  "loaders/checked.ts",
  "loaders/markup/latex/latex.ts",
  "loaders/markup/latex/letters.ts",
  "loaders/markup/latex/macros.ts",
  "markdown/mdx/blocks.ts",
  "pipeline/ask/claim-facts.ts",
  "pipeline/ask/delimiters.ts",
  "pipeline/search/query/mistyped.ts",
]);

/** Milliseconds of processor time: other programs on the machine do not count. */
function timeOf(expression: RegExp, text: string): number {
  expression.lastIndex = 0;
  const before = process.cpuUsage();
  if (expression.global) text.replaceAll(expression, "");
  else expression.test(text);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

function isSlow(expression: RegExp, text: (length: number) => string): boolean {
  let [small, large] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (let attempt = 0; attempt < attempts; attempt++) {
    large = Math.min(large, timeOf(expression, text(2 * size)));
    if (large <= leastTime) return false;
    small = Math.min(small, timeOf(expression, text(size)));
    if (large <= mostGrowth * small) return false;
  }
  return true;
}

test("every regular expression of the source takes time in proportion to its text", { timeout: 300_000 }, async () => {
  const { patterns, unknown } = await sourcePatterns();
  expect(patterns.length).toBeGreaterThan(800);
  expect([...new Set(unknown.map((text) => text.split(":")[0]))].filter((file) => !madeAtRunTime.has(file!))).toEqual(
    [],
  );
  const random = seededRandom(seed);
  const slow: string[] = [];
  for (const { file, expression } of patterns) {
    const { characters, words } = partsOf(expression.source);
    const pool = [...characters, ...words];
    const pick = () => pool[Math.floor(random() * pool.length)]!;
    const mixed = Array.from({ length: most.mixed }, () =>
      Array.from({ length: 2 + Math.floor(random() * 3) }, pick).join(""),
    );
    const units = [...characters.slice(0, most.characters), ...words.slice(0, most.words), ...mixed];
    const found = units.find((unit) => isSlow(expression, (length) => unit.repeat(length / unit.length) + ending));
    if (found !== undefined && bounded[file] === undefined)
      slow.push(`${file}: ${expression} ${JSON.stringify(found)}`);
  }
  expect(slow).toEqual([]);
});
