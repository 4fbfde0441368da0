import { describe, expect, it } from "vitest";

import { passageSentences } from "../../src/markdown/passage-sentences.ts";

const texts = (passage: string) => passageSentences(passage).map(({ text }) => text);

describe("passageSentences", () => {
  it("reads prose as it is shown: without links' addresses, emphasis, images and tags", () => {
    expect(
      texts("Logs go to **object storage**, e.g. [MinIO](https://min.io). ![x](y.png) It is <b>cheap</b>."),
    ).toEqual(["Logs go to object storage, e.g. MinIO.", "It is cheap."]);
  });

  it("knows the lines of each sentence in a wrapped paragraph", () => {
    const passage =
      "# Storage\n\nThe first sentence is wrapped after a\nfew words. The second follows on the\nsame line.\n";
    expect(passageSentences(passage).map(({ text, line, endLine }) => [text, line, endLine])).toEqual([
      ["Storage", 0, 0],
      ["The first sentence is wrapped after a few words.", 2, 3],
      ["The second follows on the same line.", 3, 4],
    ]);
  });

  it("keeps apart lines that were ended on purpose", () => {
    expect(
      texts(
        "Rate limits\nEach key may send sixty requests in a minute\nQuotas\nThe administrator sets them for each of the projects\n",
      ),
    ).toEqual([
      "Rate limits",
      "Each key may send sixty requests in a minute",
      "Quotas",
      "The administrator sets them for each of the projects",
    ]);
  });

  it("tells headings, items, rows and code from prose", () => {
    const passage =
      "## Ports\n\nTwo are open:\n\n- 19530 for gRPC\n- 9091 for HTTP\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```sh\nrun it\n```\n";
    expect(passageSentences(passage).map(({ kind, text, line }) => [kind, text, line])).toEqual([
      ["heading", "Ports", 0],
      ["prose", "Two are open:", 2],
      ["item", "19530 for gRPC", 4],
      ["item", "9091 for HTTP", 5],
      ["row", "1 | 2", 9],
      ["code", "run it", 12],
    ]);
  });

  it("reads the rows of an HTML table as rows, and a table that lays out a page as what it holds", () => {
    const passage = `<table>
<thead><tr><th>Description</th>
<th>Default</th></tr></thead>
<tr>
  <td>The longest <b>name</b> of a shed.</td>
  <td>255</td>
</tr>
<tr><td>Its doors.<td>2
</table>

<table><tr><td><h2>Plans</h2><p>Two of them.</p></td><td>beside</td></tr></table>`;
    expect(passageSentences(passage).map(({ kind, text, line }) => [kind, text, line])).toEqual([
      ["row", "The longest name of a shed. | 255", 4],
      ["row", "Its doors. | 2", 7],
      ["heading", "Plans", 10],
      ["prose", "Two of them.", 10],
      ["prose", "beside", 10],
    ]);
  });

  it("reads a passage from inside a list as the list's text", () => {
    const passage = "    Run this:\n\n    ```sh\n    rake --all\n      --leaves\n    ```\n\n    It takes an hour.";
    expect(passageSentences(passage).map(({ kind, text }) => [kind, text])).toEqual([
      ["prose", "Run this:"],
      ["code", "rake --all\n  --leaves"],
      ["prose", "It takes an hour."],
    ]);
  });

  it("reads lines in columns as output, whose fences may be in other passages", () => {
    const passage = "spade        2.4.5        in the shed\nrake         2.4.4        on the lawn";
    expect(passageSentences(passage).map(({ kind }) => kind)).toEqual(["code"]);
  });

  it("says which headings a sentence stands under", () => {
    const passage = "# A\n\none.\n\n## B\n\ntwo.\n\n# C\n\nthree.";
    const prose = passageSentences(passage).filter(({ kind }) => kind === "prose");
    expect(prose.map(({ headings }) => headings)).toEqual([["A"], ["A", "B"], ["C"]]);
  });

  it("takes a first line that lost its mark to a splitter for the heading it was", () => {
    const sentences = passageSentences("Where are logs kept?\n\nIn the log folder.\n\n####");
    expect(sentences.map(({ kind, headings }) => [kind, headings])).toEqual([
      ["heading", []],
      ["prose", ["Where are logs kept?"]],
    ]);
  });

  it("reads headings, paragraphs, items and code that are written in HTML", () => {
    const passage = [
      '<h4 id="x" class="y">Wo liegt <em>es</em>?<button>#</button></h4><p>Hier &amp; <a href="z">dort</a>.</p>',
      "<!-- nicht",
      "das --><ul>",
      "<li>Eins</li>",
      "<li><p>Zwei</p></li></ul>",
      "<pre><code>run it",
      "now</code></pre>",
      "",
      "Ende.",
    ].join("\n");
    expect(passageSentences(passage).map(({ kind, text, line, headings }) => [kind, text, line, headings])).toEqual([
      ["heading", "Wo liegt es?", 0, []],
      ["prose", "Hier & dort.", 0, ["Wo liegt es?"]],
      ["item", "Eins", 3, ["Wo liegt es?"]],
      ["item", "Zwei", 4, ["Wo liegt es?"]],
      ["code", "run it\nnow", 5, ["Wo liegt es?"]],
      ["prose", "Ende.", 8, ["Wo liegt es?"]],
    ]);
  });

  it("does not take what follows a code block that was cut at its start for code", () => {
    const sentences = passageSentences('{ "a": 1 }\n```\n\nThen restart the server.');
    expect(sentences.at(-1)).toMatchObject({ kind: "prose", text: "Then restart the server.", line: 3 });
  });

  it.each([
    ["Chinese", "数据存储在对象存储中。元数据存储在etcd中。", ["数据存储在对象存储中。", "元数据存储在etcd中。"]],
    [
      "abbreviations",
      "Use a disk, e.g. an SSD. No. It is Fig. 3 of v2.4.1 by J. Doe.",
      ["Use a disk, e.g. an SSD.", "No.", "It is Fig. 3 of v2.4.1 by J. Doe."],
    ],
  ])("segments %s", (_, passage, expected) => {
    expect(texts(passage)).toEqual(expected);
  });

  it.each([
    ["HTML", '<div class="tabs">\n  <a href="#a">Compose</a>\n  <a href="#b">Chart</a>\n</div>\n\nStart it.'],
    ["a block", '<div><a href="#a">Compose</a><a href="#b">Chart</a></div><p>Start it.</p>'],
    ["Markdown", "[Compose](#a) | [Chart](#b)\n\nStart it."],
  ])("leaves out a page's tabs, written in %s", (_, passage) => {
    expect(texts(passage)).toEqual(["Start it."]);
  });

  it("keeps links that are part of what is said", () => {
    expect(texts("See [Compose](#a) and [Chart](#b).")).toEqual(["See Compose and Chart."]);
    expect(texts('<p>See <a href="#a">Compose</a> <a href="#b">Chart</a>.</p>')).toEqual(["See Compose Chart."]);
  });

  it("takes a line in capitals between paragraphs for the heading it is in a text without marks", () => {
    const sentences = passageSentences("Bring a key.\n\nHead of the Garden\n\nPlans the beds.");
    expect(sentences.map(({ kind, headings }) => [kind, headings])).toEqual([
      ["prose", []],
      ["heading", []],
      ["prose", ["Head of the Garden"]],
    ]);
  });

  it("has nothing to say of a passage without words", () => {
    expect(texts("---\n\n***\n")).toEqual([]);
  });
});
