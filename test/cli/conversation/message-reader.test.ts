import { describe, expect, it } from "vitest";
import { createMessageReader } from "../../../src/cli/conversation/message-reader.ts";
import { slashCommand } from "../../../src/cli/conversation/slash-commands.ts";

function messages(...lines: string[]): (string | null)[] {
  const reader = createMessageReader();
  return lines.map((line) => reader.read(line));
}

describe("a message", () => {
  it("is a line, or several", () => {
    expect(messages("one", "", " two ")).toEqual(["one", "", "two"]);
    expect(messages("one \\", "two\\", "three", "four")).toEqual([null, null, "one \ntwo\nthree", "four"]);
    expect(messages('"""one', "two\\", '  three"""', "four")).toEqual([null, null, "one\ntwo\\\n  three", "four"]);
    expect(messages('"""', "one", '"""')).toEqual([null, null, "one"]);
    expect(messages('"""one"""', 'say """')).toEqual(["one", 'say """']);
  });

  it("is given up, or ended by the end of the input", () => {
    const reader = createMessageReader();
    reader.read("one\\");
    expect(reader.isOpen).toBe(true);
    expect(reader.end()).toBe("one");
    expect(reader.isOpen).toBe(false);
    expect(reader.read("two")).toBe("two");
  });
});

describe("a command", () => {
  it.each([
    ["/help", { name: "help", argument: "" }],
    ["/Filter  source~docs/* ", { name: "filter", argument: "source~docs/*" }],
    ["/etc/hosts is what?", null],
    ["What does /help do?", null],
    ["/", null],
  ])("%j", (message, command) => expect(slashCommand(message)).toEqual(command));
});
