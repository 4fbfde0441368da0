import { expect, it } from "vitest";
import { notebookLoader } from "../../src/loaders/notebook.ts";

function load(notebook: unknown) {
  const text = typeof notebook === "string" ? notebook : JSON.stringify(notebook);
  return notebookLoader.load({ source: "lab/try.ipynb", bytes: Buffer.from(text) });
}

const image = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk";

it("is its cells and what they printed, without data", async () => {
  const { document } = await load({
    metadata: { kernelspec: { language: "python" }, authors: [{ name: "Ada" }] },
    nbformat: 4,
    cells: [
      {
        cell_type: "code",
        execution_count: 1,
        source: ["# a comment\n", "print(1)"],
        outputs: [{ output_type: "stream", text: ["\u001B[31m1\u001B[0m\n"] }],
      },
      { cell_type: "markdown", source: ["# Title\n", `![plot](data:image/png;base64,${image}) and words`] },
      {
        cell_type: "code",
        source: "df",
        outputs: [
          {
            output_type: "execute_result",
            data: { "text/html": "<table><tr><th>a<th>b</tr><tr><td>1<td>2</tr></table>", "text/plain": "a b" },
          },
          {
            output_type: "display_data",
            data: { "image/png": image, "text/plain": ["<Figure size 640x480 with 1 Axes>"] },
          },
          { output_type: "error", ename: "ValueError", evalue: "no ``` good", traceback: ["…"] },
        ],
      },
    ],
  });
  expect(document).toMatchObject({ title: "Title", metadata: { author: ["Ada"], programmingLanguage: "python" } });
  expect(document.pages[0]?.text).toBe(
    [
      "```python\n# a comment\nprint(1)\n```",
      "```\n1\n```",
      "# Title\n![plot](data:) and words",
      "```python\ndf\n```",
      "| a | b |\n| --- | --- |\n| 1 | 2 |",
      "````\nValueError: no ``` good\n````",
    ].join("\n\n"),
  );
});

it("of format 3 is read, too", async () => {
  const cells = [
    { cell_type: "heading", level: 2, source: ["Old"] },
    { cell_type: "code", input: ["x"], outputs: [{ output_type: "pyout", text: ["7"] }] },
  ];
  const { document } = await load({ worksheets: [{ cells }], nbformat: 3 });
  expect(document.pages[0]?.text).toBe("## Old\n\n```\nx\n```\n\n```\n7\n```");
});

it("that is none is refused", async () => {
  await expect(load('{"cells": [')).rejects.toMatchObject({ code: "unreadable-notebook" });
  await expect(load({ a: 1 })).rejects.toMatchObject({ message: "the notebook cannot be read: it has no cells" });
});

it("shows what its results show: pages, formulas, the last state of progress bars", async () => {
  const output = (data: unknown) => ({ output_type: "display_data", data });
  const cell = {
    cell_type: "code",
    source: "run()",
    outputs: [
      { output_type: "stream", text: "start\r\n 10%|#\r100%|##\r\nend\r" },
      output({
        "text/html": "<p>Score <b>7</b></p><script>draw()</script>",
        "text/plain": "<IPython.core.display.HTML object>",
      }),
      output({ "text/html": "<p>Only here</p>" }),
      output({ "text/html": "<div>drawn</div>", "text/plain": "Model(3)" }),
      output({ "text/latex": "$\\alpha$" }),
    ],
  };
  const { document } = await load({ cells: [cell], nbformat: 4 });
  expect(document.pages[0]?.text).toBe(
    [
      "```\nrun()\n```",
      "```\nstart\n100%|##\nend\n```",
      "Score 7",
      "Only here",
      "```\nModel(3)\n```",
      "```\n$\\alpha$\n```",
    ].join("\n\n"),
  );
});
