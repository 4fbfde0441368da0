import { describe, expect, it } from "vitest";

import { createDoubtMarks } from "../../../src/pipeline/ask/doubt-marks.ts";

/** What is shown of an answer that comes in pieces; `judge` gets each statement's text up to the end of its markers. */
function shown(pieces: readonly string[], judge: (before: string) => boolean = () => false): string[] {
  const marks = createDoubtMarks((answer, end) => (judge(answer.slice(0, end)) ? null : "why"));
  const all = [...pieces.flatMap((piece) => marks.read(piece)), ...marks.end()];
  return all.map((piece) => ("text" in piece ? piece.text : "<?>"));
}

const everySplit = (text: string): string[][] => [
  [text],
  [...text],
  ...Array.from(text, (_, at) => [text.slice(0, at), text.slice(at)]),
];

describe("the marks of what is not supported", () => {
  it.each([
    ["A [1]. B.", "A [1]<?>. B."],
    ["A [1][2] b.", "A [1][2]<?> b."],
    ["A [1], [2]. B [3].", "A [1], [2]<?>. B [3]<?>."],
    ["A [1, 2]", "A [1, 2]<?>"],
    ["数据。［１］", "数据。［１］<?>"],
    ["[1] A b c.\n[2] D e.", "[1] A b c.<?>\n[2] D e.<?>"],
    ["Use `list[1]` here.", "Use `list[1]` here."],
    ["```\nlist[1] = 2\n```\nA.", "```\nlist[1] = 2\n```\nA."],
    ["A [x] b [1990].", "A [x] b [1990]."],
    ["A [", "A ["],
  ])("stand behind the citation in %j, however it is cut", (answer, expected) => {
    for (const pieces of everySplit(answer)) expect(shown(pieces).join("")).toBe(expected);
  });

  it("hold back only what stands directly behind a citation", () => {
    const marks = createDoubtMarks(() => null);
    expect(marks.read("A [1")).toEqual([{ text: "A [1" }]);
    expect(marks.read("].")).toEqual([{ text: "]" }]);
    expect(marks.read(" B")).toEqual([{ text: ". B" }]);
  });

  it("are given to the statements that the judge objects to, and to no others", () => {
    const text = shown(["One [1]. Two [2]. Three [3]."], (before) => !before.endsWith("Two [2]")).join("");
    expect(text).toBe("One [1]. Two [2]<?>. Three [3].");
  });
});
