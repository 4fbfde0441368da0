import { stripVTControlCharacters } from "node:util";
import { expect, test } from "vitest";
import { table } from "../../../src/cli/render/table.ts";

/** Columns that a terminal needs for these texts, which are made of ASCII and wide characters alone. */
const columnsOf = (line: string) => [...line].reduce((sum, character) => sum + (character > "\u{FF}" ? 2 : 1), 0);

const head = [{ title: "source" }, { title: "chunks", align: "right" as const }, { title: "title" }];

test("no line is wider than the terminal where cells hold wide characters", () => {
  const rows = [
    ["指南/数据存储.md", "12", "データはどこに保存されますか、そしてどのように検索されますか"],
    ["guide.md", "3", "Where the data is stored, and how it is found again when somebody asks"],
  ];
  const lines = table(head, rows, 60, (title) => title)
    .trimEnd()
    .split("\n");
  expect(lines.length).toBeGreaterThan(rows.length + 1);
  for (const line of lines) expect(columnsOf(line)).toBeLessThanOrEqual(60);
});

test("columns stand under each other beside wide characters", () => {
  const rows = [
    ["指南.md", "1", "One"],
    ["ab.md", "2", "Two"],
  ];
  const [, wide = "", narrow = ""] = table(head, rows, null, (title) => title).split("\n");
  expect(columnsOf(wide.slice(0, wide.indexOf("One")))).toBe(columnsOf(narrow.slice(0, narrow.indexOf("Two"))));
});

test("escape sequences take no columns", () => {
  const dim = (text: string) => `\u001B[2m${text}\u001B[22m`;
  const plain = table(head, [["a.md", "1", "A title of several words"]], 30, (title) => title);
  const colored = table(head, [[dim("a.md"), "1", "A title of several words"]], 30, (title) => title);
  expect(stripVTControlCharacters(colored)).toBe(plain);
});
