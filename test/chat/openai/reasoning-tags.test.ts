import { describe, expect, it } from "vitest";

import { ReasoningSplitter } from "../../../src/chat/openai/reasoning-tags.ts";

/** What of the pieces is thinking and what is answer. */
function split(pieces: readonly string[]): { reasoning: string; text: string } {
  const splitter = new ReasoningSplitter();
  const parts = [...pieces.flatMap((piece) => splitter.read(piece)), ...splitter.end()];
  const of = (type: string) => parts.flatMap((part) => (part.type === type ? [part.text] : [])).join("");
  return { reasoning: of("reasoning"), text: of("text") };
}

describe("ReasoningSplitter", () => {
  const output = "\n<think>\nIs 1 < 2? </thin> Yes.\n</think>\n\nYes, <think>1</think> < 2.";

  it("finds the thinking wherever the output is cut", () => {
    const expected = { reasoning: "\nIs 1 < 2? </thin> Yes.\n", text: "Yes, <think>1</think> < 2." };
    expect(split([output])).toEqual(expected);
    expect(split([...output])).toEqual(expected);
    for (let cut = 1; cut < output.length; cut++) {
      expect(split([output.slice(0, cut), output.slice(cut)])).toEqual(expected);
    }
  });

  it("holds back nothing of an answer that begins otherwise", () => {
    const splitter = new ReasoningSplitter();
    expect(splitter.read("<")).toEqual([]);
    expect(splitter.read("table>")).toEqual([{ type: "text", text: "<table>" }]);
    expect(splitter.read("<think>")).toEqual([{ type: "text", text: "<think>" }]);
    expect(new ReasoningSplitter().read("T")).toEqual([{ type: "text", text: "T" }]);
  });

  it("takes all for thinking where the answer never begins", () => {
    expect(split(["<think>On and", " on </thi"])).toEqual({ reasoning: "On and on </thi", text: "" });
  });

  it("finds thinking without its opening tag in an answer of one piece", () => {
    expect(split(["A secret [3].\n</think>\n\nThe answer [1]."])).toEqual({
      reasoning: "A secret [3].\n",
      text: "The answer [1].",
    });
    const about = "Models end their thinking with `</think>` and go on.";
    expect(split([about])).toEqual({ reasoning: "", text: about });
  });

  it("gives back what was held when the output ends", () => {
    expect(split(["<thi"])).toEqual({ reasoning: "", text: "<thi" });
  });
});
