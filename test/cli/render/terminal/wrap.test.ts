import stringWidth from "fast-string-width";
import { describe, expect, it } from "vitest";
import { createWrapper, wrapText } from "../../../../src/cli/render/terminal/wrap.ts";

const prose =
  "Milvus keeps the segments of a collection in an object storage, whose value is that every node can read them. 数据存储在对象存储中，查询节点按需加载它们。どこに保存されますか。 The end.";

/** Streams the text in pieces of this length. */
function streamed(text: string, columns: number, length: number, options?: { keepsCode?: boolean }): string {
  const wrapper = createWrapper(columns, options);
  let written = "";
  for (let at = 0; at < text.length; at += length) written += wrapper.push(text.slice(at, at + length));
  return written + wrapper.end();
}

describe("wrapping", () => {
  it.each([20, 33, 80, 160])("breaks no line of %i columns inside a word", (columns) => {
    const lines = wrapText(prose, columns).split("\n");
    for (const line of lines) expect(stringWidth(line)).toBeLessThanOrEqual(columns);
    // A break stands for a space, or for nothing where the script has none.
    const words = prose.split(" ").flatMap((word) => (/^[!-~]+$/.test(word) ? [word] : []));
    for (const word of words) expect(lines.join(" ")).toContain(word);
    expect(lines.join("").replaceAll(" ", "")).toBe(prose.replaceAll(" ", ""));
    for (const line of lines) expect(line).not.toMatch(/^[、。，]/);
  });

  it.each([1, 3, 7, 1000])("is the same when the text streams in pieces of %i characters", (length) => {
    const text = `# Storage\n\n- ${prose}\n  1. ${prose}\n\n> ${prose}\n\n    code {\n      indented\n${prose}`;
    expect(streamed(text, 40, length)).toBe(wrapText(text, 40));
  });

  it("holds back the unfinished word only", () => {
    const wrapper = createWrapper(20);
    expect(wrapper.push("The answer is f")).toBe("The answer is");
    expect(wrapper.push("orty-two of t")).toBe("\nforty-two of");
    expect(wrapper.end()).toBe(" t");
  });

  it("indents what continues an entry of a list, a source or a quote", () => {
    expect(wrapText("- one two three four", 12)).toBe("- one two\n  three four");
    expect(wrapText("[1] one two three", 12)).toBe("[1] one two\n    three");
    expect(wrapText("> one two three", 12)).toBe("> one two\n> three");
    expect(wrapText("    one two three", 14)).toBe("    one two\n    three");
  });

  it("keeps the lines of code and of tables on request", () => {
    const code = "Run:\n\n```sh\n  rag search one two three four five\n```\n\n| a column | another column |\n";
    expect(wrapText(code, 16, { keepsCode: true })).toBe(code);
    expect(streamed(code, 16, 2, { keepsCode: true })).toBe(code);
    expect(wrapText(code, 16)).toContain("  rag search one\n  two three");
  });

  it("breaks a path that is longer than a line behind its signs, and other long words anywhere", () => {
    expect(wrapText("guides/operations/storage.md", 20)).toBe("guides/operations/\nstorage.md");
    const long = "x".repeat(50);
    const lines = wrapText(long, 20).split("\n");
    expect(lines.map((line) => line.length)).toEqual([20, 20, 10]);
  });

  it("gives escape sequences no width, keeps links whole and ends colours with each line", () => {
    const link = "\u001B]8;;file://host/a.md\u0007guide/a.md:1\u001B]8;;\u0007";
    expect(wrapText(`see ${link} there`, 16)).toBe(`see ${link}\nthere`);
    expect(wrapText("\u001B[2mone two\u001B[22m three", 8)).toBe("\u001B[2mone two\u001B[22m\nthree");
    expect(wrapText("\u001B[2mone two\u001B[22m", 4)).toBe("\u001B[2mone\u001B[0m\n\u001B[2mtwo\u001B[22m");
  });

  it("leaves a text without an end to its lines as it is", () => {
    expect(wrapText(prose, null)).toBe(prose);
  });
});
