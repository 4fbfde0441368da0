import { describe, expect, it } from "vitest";
import { loaderFor } from "../../src/loaders/loader-for-file.ts";

/** Loads a file and makes sure that every line of it is one line of the page. */
async function load(source: string, lines: readonly string[]) {
  const bytes = Buffer.from(lines.join("\n"));
  const { document, warnings } = await (await loaderFor(source, bytes)).load({ source, bytes });
  const [page] = document.pages;
  const written = page?.text.split("\n") ?? [];
  expect(written).toHaveLength(document.places === "lines" ? lines.length : written.length);
  return { document, warnings, lines: written };
}

describe("CSV", () => {
  it("has the names of the columns with each row; records stay on their lines", async () => {
    const { document, lines } = await load("a/people.csv", [
      "Name;Note;City",
      'Ada;"first line',
      "",
      'third; ""quoted""";London',
      "Bob;;",
      "",
      ";;Paris;extra",
    ]);
    expect(document).toMatchObject({ title: "people", places: "lines", markup: "lines" });
    expect(lines).toEqual([
      "Name; Note; City",
      "Name: Ada; Note: first line",
      "",
      'third; "quoted"; City: London',
      "Name: Bob",
      "",
      "City: Paris; extra",
    ]);
  });

  it.each([",", ";", "\t", "|"])("is cut at the delimiter that it uses: %j", async (delimiter) => {
    const rows = ["id", "na,me"].join(delimiter === "," ? ";" : delimiter);
    const { lines } = await load("a.csv", [rows, ["1", "x"].join(delimiter === "," ? ";" : delimiter)]);
    expect(lines[1]).toBe("id: 1; na,me: x");
  });

  it("without a header has its values alone", async () => {
    expect((await load("a.tsv", ["2024-01-05\tAda\t3", "2024-01-06\tBob, Jr.\t4"])).lines).toEqual([
      "2024-01-05; Ada; 3",
      "2024-01-06; Bob, Jr.; 4",
    ]);
  });
});

describe("JSON", () => {
  it("keeps its lines, with the letters that it escapes", async () => {
    const { document, lines } = await load("a.json", ["{", '  "name": "Zo\\u00eb \\u0022x\\u0022 \\\\u00eb"', "}"]);
    expect(lines[1]).toBe('  "name": "Zoë \\u0022x\\u0022 \\\\u00eb"');
    expect(document).toMatchObject({ places: "lines", markup: "lines" });
  });

  it("on one long line gets a line a value, its numbers as they are", async () => {
    const values = Array.from({ length: 99 }, (_, n) => `{"id":12345678901234567890${n},"text":"a: {b}, c"}`);
    const { document, lines } = await load("a.json", [`{"rows":[${values.join(",")}],"none":[]}`]);
    expect(document.places).toBe("none");
    expect(lines.slice(0, 5)).toEqual([
      "{",
      '  "rows": [',
      "    {",
      '      "id": 123456789012345678900,',
      '      "text": "a: {b}, c"',
    ]);
    expect(lines.slice(-2)).toEqual(['  "none": []', "}"]);
  });

  it("that is not valid is text, and a warning", async () => {
    const { lines, warnings } = await load("a.json", ["// settings", '{ "a": 1 }']);
    expect(lines[0]).toBe("// settings");
    expect(warnings.join()).toMatch(/^the file is not valid JSON and was taken as text: /);
  });

  it("Lines has each record on its line", async () => {
    const { lines, warnings } = await load("a.jsonl", [
      '{"title":"Ein \\u00c4pfel","by":{"name":"Ada"},"tags":["x","y"],"parts":[{"n":1},{"n":2}],"none":null}',
      "",
      "not json",
    ]);
    expect(lines).toEqual(["title: Ein Äpfel; by.name: Ada; tags: x, y; parts.n: 1; parts.n: 2", "", "not json"]);
    expect(warnings).toEqual(["1 of 2 lines are not JSON and were taken as text"]);
  });
});

describe("a table that was exported", () => {
  it("may name its delimiter first", async () => {
    const { lines } = await load("a.csv", ["sep=;", "Name;Price", "Bolt, large;1,50", ";;", "Nut, small;0,10"]);
    expect(lines).toEqual(["", "Name; Price", "Name: Bolt, large; Price: 1,50", "", "Name: Nut, small; Price: 0,10"]);
  });

  it("is cut at its delimiter in a file of two lines", async () => {
    const { lines } = await load("a.csv", ["a;b", "1;x", ""]);
    expect(lines.slice(0, 2)).toEqual(["a; b", "a: 1; b: x"]);
  });

  it("may have lines above the names of its columns", async () => {
    const { lines } = await load("a.csv", ["Export of May", "", ",,", "id,name", '1,"A, B"']);
    expect(lines).toEqual(["Export of May", "", "", "id; name", "id: 1; name: A, B"]);
  });
});

it("subtitles that roll have each line once; what is said twice stays", async () => {
  const rolling = [
    "WEBVTT",
    "",
    "00:00:00.000 --> 00:00:02.000 align:start",
    "so<00:00:00.500><c> welcome</c>",
    "",
    "00:00:02.000 --> 00:00:02.010",
    "so welcome",
    "",
    "00:00:02.010 --> 00:00:04.000",
    "so welcome",
    "to R&amp;D &lt;here&gt;",
    "",
    "00:00:09.000 --> 00:00:10.000",
    "to R&amp;D &lt;here&gt;",
  ];
  const { lines } = await load("talk.vtt", rolling);
  expect(lines.filter((line) => line !== "")).toEqual(["so welcome", "to R&D <here>", "to R&D <here>"]);
});

it("subtitles are what is said", async () => {
  const srt = [
    "1",
    "00:00:01,000 --> 00:00:02,500",
    "<i>Hello</i>",
    "{\\an8}there",
    "",
    "2",
    "00:00:03,000 --> 00:00:04,000",
    "42",
  ];
  expect((await load("film.srt", srt)).lines).toEqual(["", "", "Hello", "there", "", "", "", "42"]);
  const vtt = [
    "WEBVTT",
    "Kind: captions",
    "",
    "NOTE",
    "a note",
    "",
    "intro",
    "00:01.000 --> 00:02.000",
    "<v Ada>Hi <00:01.500>you",
  ];
  expect((await load("film.vtt", vtt)).lines).toEqual(["", "", "", "", "", "", "", "", "Ada: Hi you"]);
});

it("source code is the file", async () => {
  const code = ["def f():", "    # comment", "    return 1", ""];
  const { document, lines } = await load("src/f.py", code);
  expect(document).toMatchObject({ title: "f.py", format: "code", markup: "lines", places: "lines" });
  expect(lines).toEqual(code);
});

it("reStructuredText: headings by their underlines, code, admonitions, links", async () => {
  const { document, lines } = await load("guide.rst", [
    "=====",
    "Title",
    "=====",
    ":Author: Ada",
    "",
    ".. _target:",
    "",
    "Section *one*",
    "-------------",
    "See :ref:`the guide <guide>`, ``code`` and `a link <https://x.y>`_.",
    "",
    "Run this::",
    "",
    "  # not a heading",
    "",
    "  done",
    "",
    "Sub",
    "~~~",
    ".. code-block:: sh",
    "   :caption: A caption",
    "",
    "   # no heading either",
    "",
    ".. note:: Mind",
    "",
    "   the gap",
    "",
    ".. toctree::",
    "   :maxdepth: 2",
    "",
    "   install",
    "",
    "Two",
    "---",
    "# text",
    "",
    "----",
  ]);
  expect(document).toMatchObject({ title: "Title", metadata: { author: "Ada" }, markup: "markdown", places: "lines" });
  expect(lines.filter((line) => line.startsWith("#"))).toEqual(["# Title", "## Section *one*", "### Sub", "## Two"]);
  expect(lines[9]).toBe("See the guide, `code` and a link.");
  expect(lines.slice(11, 16)).toEqual(["Run this:", "", "    # not a heading", "", "    done"]);
  expect(lines.slice(19, 27)).toEqual([
    "",
    "A caption",
    "",
    "    # no heading either",
    "",
    "Note: Mind",
    "",
    "the gap",
  ]);
  expect(lines.slice(28, 33)).toEqual(["", "", "", "", ""]);
  expect(lines.slice(35)).toEqual(["\\# text", "", ""]);
});

it("AsciiDoc: headings, listings, lists, links; comments and attributes are left out", async () => {
  const { document, lines } = await load("guide.adoc", [
    "= Title",
    "Ada Lovelace <ada@example.com>",
    ":keywords: a, b",
    "// comment",
    "",
    "== Section",
    "[source,ruby]",
    "----",
    "== no heading",
    "----",
    "* one",
    "** two",
    ". first",
    "",
    ".A title",
    "See https://x.y[the site], <<other,there>> and image:a.png[A house].",
    "",
    "Older",
    "-----",
    "////",
    "hidden",
    "////",
    "term:: meaning",
  ]);
  expect(document).toMatchObject({ title: "Title", metadata: { author: "Ada Lovelace", keywords: ["a", "b"] } });
  expect(lines).toEqual([
    "# Title",
    "Ada Lovelace <ada@example.com>",
    "",
    "",
    "",
    "## Section",
    "",
    "```ruby",
    "== no heading",
    "```",
    "- one",
    "  - two",
    "1. first",
    "",
    "A title",
    "See the site, there and A house.",
    "",
    "## Older",
    "",
    "",
    "",
    "",
    "term: meaning",
  ]);
});

it("Org: headings without state and tags, blocks, tables, settings as metadata", async () => {
  const { document, lines } = await load("notes.org", [
    "#+TITLE: Notes",
    "#+AUTHOR: Ada",
    "#+DATE: <2024-05-01 Wed>",
    "* TODO [#A] Plan :work:home:",
    ":PROPERTIES:",
    ":ID: 1",
    ":END:",
    "** Detail",
    "#+BEGIN_SRC sh",
    "# comment",
    ",* star",
    "#+END_SRC",
    "See [[https://x.y][the site]] and =code=.",
    "| a | b |",
    "|---+---|",
    "| 1 | 2 |",
    "# a comment",
  ]);
  expect(document).toMatchObject({
    title: "Notes",
    metadata: { author: "Ada", created: "2024-05-01", tags: ["work", "home"] },
  });
  expect(lines).toEqual([
    "",
    "",
    "",
    "# Plan",
    "",
    "",
    "",
    "## Detail",
    "```sh",
    "# comment",
    "* star",
    "```",
    "See the site and `code`.",
    "| a | b |",
    "| --- | --- |",
    "| 1 | 2 |",
    "",
  ]);
});

it("reStructuredText: replacements, formulas, the names of a table's columns", async () => {
  const { lines } = await load("a.rst", [
    ".. |product| replace:: Pump 3",
    "",
    "The |product| is |other|.",
    "",
    ".. math:: a^2 + b",
    "",
    ".. csv-table:: Prices",
    '   :header: "Name", "Price"',
    "",
    '   "Bolt", 3',
  ]);
  expect(lines).toEqual([
    "",
    "",
    "The Pump 3 is |other|.",
    "",
    "a^2 + b",
    "",
    "Prices",
    '"Name", "Price"',
    "",
    '"Bolt", 3',
  ]);
});

it("AsciiDoc: values of attributes, callouts, footnotes, keys", async () => {
  const { lines } = await load("a.adoc", [
    ":product: Pump",
    ":full: {product} 3",
    "== Use of {full}",
    "{unknown} kbd:[Ctrl+C] it{product}footnote:[Not now.]",
    "----",
    "{product} <1>",
    "----",
    "<1> starts it",
  ]);
  expect(lines).toEqual([
    "",
    "",
    "## Use of Pump 3",
    "{unknown} Ctrl+C itPump (Not now.)",
    "```",
    "{product} <1>",
    "```",
    "1. starts it",
  ]);
});

it("Org: comments are left out, with their sections", async () => {
  const { lines } = await load("a.org", [
    "* One",
    "#+BEGIN_COMMENT",
    "no word",
    "#+END_COMMENT",
    "text",
    "** COMMENT Draft",
    "no word",
    "*** Below",
    "#+BEGIN_SRC c",
    "no word",
    "#+END_SRC",
    "** COMMENTARY",
    "text",
  ]);
  expect(lines).toEqual(["# One", "", "", "", "text", "", "", "", "", "", "", "## COMMENTARY", "text"]);
});

it("LaTeX: letters are characters, the document's commands are what they stand for", async () => {
  const { document, lines } = await load("brief.tex", [
    "\\newcommand{\\product}{Pump~3}",
    "\\newcommand{\\hl}[1]{\\textbf{#1}}",
    "\\newcommand{\\pair}[2][left]{",
    "  #1 and #2}",
    "\\def\\loop{\\loop\\loop}",
    "\\title{Der \\product}",
    '\\author{Ann B\\"uhler}',
    "\\begin{document}",
    "The \\product{} is \\hl{new}: \\pair{right}, \\pair[up]{down}.",
    "na\\\"{\\i}ve gar\\c{c}on Stra\\ss e {\\'E}t\\'e \\v{S}koda \\emph{\\'a}",
    "\\newcommand{\\late}{",
    "  early}",
    "\\late{} \\verb|a_%b\\product| 5\\% % comment",
    "A\\footnote{Not B.} is \\unknown{kept}",
    "\\multicolumn{2}{c}{wide} & x \\\\",
    "\\bibitem{ada} Notes",
    "\\begin{theorem}[Bounded sums] It ends.\\end{theorem}",
    "\\begin{figure}[ht]",
  ]);
  expect(document).toMatchObject({ title: "Der Pump 3", metadata: { author: "Ann Bühler" } });
  expect(lines.slice(8)).toEqual([
    "The Pump 3 is new: left and right, up and down.",
    "naïve garçon Straße Été Škoda á",
    "",
    "",
    "early `a_%b\\product` 5%",
    "A (Not B.) is \\unknown{kept}",
    "wide | x",
    "- Notes",
    "Bounded sums: It ends.",
    "",
  ]);
});

it("LaTeX: what is not printed is left out, what has no end is not; slides have headings", async () => {
  const { lines } = await load("talk.tex", [
    "\\begin{document}",
    "\\section{One}",
    "\\begin{frame}[fragile]{First slide}",
    "a \\iff b",
    "\\begin{comment}",
    "left out",
    "\\end{comment}",
    "\\iffalse left out \\ifx a b \\fi",
    "left out",
    "\\fi",
    "\\frametitle{Second slide}",
    "\\begin{lstlisting}",
    "\\newcommand{\\a}{b} \\a",
    "\\end{document}",
    "\\end{lstlisting}",
    "\\iffalse has no end",
    "\\end{document}",
    "left out",
  ]);
  expect(lines).toEqual([
    "",
    "# One",
    "## First slide",
    "a \\iff b",
    "",
    "",
    "",
    "",
    "",
    "",
    "## Second slide",
    "```",
    "\\newcommand{\\a}{b} \\a",
    "\\end{document}",
    "```",
    "\\iffalse has no end",
    "",
    "",
  ]);
});

it("LaTeX: sections, verbatim, items, tables; the preamble and comments are left out", async () => {
  const { document, lines } = await load("paper.tex", [
    "\\documentclass{article}",
    "\\title{On \\emph{Vectors}}",
    "\\author{Ada \\and Bob}",
    "\\begin{document}",
    "\\section{Intro \\texttt{x}} % comment",
    "It is \\textbf{very \\emph{good}}, 5\\% better~\\cite{a}.",
    "\\begin{itemize}",
    "\\item one",
    "\\end{itemize}",
    "\\begin{verbatim}",
    "# no heading % kept",
    "\\end{verbatim}",
    "\\subsection{Data}",
    "a & b \\\\ \\hline",
    "$x^2$",
    "\\end{document}",
  ]);
  expect(document).toMatchObject({ title: "On Vectors", metadata: { author: "Ada, Bob" } });
  expect(lines).toEqual([
    "",
    "",
    "",
    "",
    "# Intro x",
    "It is very good, 5% better.",
    "",
    "- one",
    "",
    "```",
    "# no heading % kept",
    "```",
    "## Data",
    "a | b",
    "$x^2$",
    "",
  ]);
});
