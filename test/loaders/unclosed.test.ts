import { expect, test } from "vitest";
import { loaderFor } from "../../src/loaders/loader-for-file.ts";

const load = async (source: string, text: string) => {
  const bytes = Buffer.from(text);
  return (await loaderFor(source, bytes)).load({ source, bytes });
};

/** Read from each opening to the end of the line, a line of this size takes minutes. */
const size = 400_000;

test.each([
  ["a.adoc", "", "[["],
  ["a.adoc", "", "<<"],
  ["a.adoc", "", "<<a, "],
  ["a.adoc", "", "link:a["],
  ["a.adoc", "", "link:"],
  ["a.adoc", "", "image:[a,"],
  ["a.adoc", "", "http://a["],
  ["a.adoc", "= Title\n", "a  "],
  ["a.adoc", "= Title\n<", "@"],
  ["a.org", "", "[["],
  ["a.org", "", "[[a]["],
  ["a.org", "* a", "   "],
])("%s: a line that begins with %j and goes on with %j without end is kept", async (source, lead, opening) => {
  const { document } = await load(source, `${lead}${opening.repeat(size / opening.length)}x`);
  expect(document.pages[0]!.text.length > size - 20).toBe(true);
});

test.each([
  ["a.adoc", "image:a.png[Alt, 300, align=left] and image:[] and link:b.pdf[The b].", "Alt and  and The b."],
  ["a.adoc", "<<one,the first>>, <<two>>, [[three]]anchor:four[]xref:f[Five]", "the first, two, Five"],
  ["a.org", "[[https://x.y][the [site]] and [[b]]", "[[https://x.y][the [site]] and b"],
  ["a.org", "* TODO [#A] Plan  :work:home:", "# Plan"],
  ["a.org", "* :work:", "# :work:"],
  ["a.org", "* A :b: c", "# A :b: c"],
])("%s: %j", async (source, line, expected) => {
  const { document } = await load(source, line);
  expect(document.pages[0]!.text).toBe(expected);
});
