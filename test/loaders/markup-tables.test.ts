import { describe, expect, it } from "vitest";
import { loaderFor } from "../../src/loaders/loader-for-file.ts";

/** The lines of a file as its loader gives them: as many as it has. */
async function linesOf(source: string, lines: readonly string[]): Promise<string[]> {
  const bytes = Buffer.from(lines.join("\n"));
  const { document } = await (await loaderFor(source, bytes)).load({ source, bytes });
  const written = document.pages[0]?.text.split("\n") ?? [];
  expect(written).toHaveLength(lines.length);
  return written;
}

/** Where text stands: line numbers from 1. */
function filled(lines: readonly string[]): Record<number, string> {
  return Object.fromEntries(lines.flatMap((line, index) => (line === "" ? [] : [[index + 1, line]])));
}

describe("a table of reStructuredText has the names of its columns with each row, on its line", () => {
  it("drawn as a grid, with cells of several lines and cells that span columns or rows", async () => {
    const lines = await linesOf("a.rst", [
      "+----------+-----------+",
      "| Service  | Port      |",
      "|          | number    |",
      "+==========+===========+",
      "| proxy    | ``19530`` |",
      "| (TCP)    |           |",
      "+----------+-----------+",
      "| both are open        |",
      "+----------+-----------+",
      "| etcd     | 2379      |",
      "|          +-----------+",
      "|          | 2380      |",
      "+----------+-----------+",
      "",
      "After.",
    ]);
    expect(filled(lines)).toEqual({
      2: "Service; Port number",
      5: "- Service: proxy (TCP); Port number: `19530`",
      8: "- Service: both are open",
      10: "- Service: etcd; Port number: 2379",
      12: "- Port number: 2380",
      15: "After.",
    });
  });

  it("between lines of equals signs", async () => {
    const lines = await linesOf("a.rst", [
      "=====  ======",
      "Name   Sum",
      "=====  ======",
      "Ada    1",
      "       and 2",
      "Bob    3",
      "=====  ======",
      "",
      "===  ===",
      "x    y",
      "===  ===",
    ]);
    expect(filled(lines)).toEqual({
      2: "Name; Sum",
      4: "- Name: Ada; Sum: 1 and 2",
      6: "- Name: Bob; Sum: 3",
      10: "- x; y",
    });
  });

  it("as a list of lists", async () => {
    const lines = await linesOf("a.rst", [
      ".. list-table:: Ports",
      "   :header-rows: 1",
      "",
      "   * - Service",
      "     - Port",
      "   * - proxy",
      "     - 19530",
      "       or another",
      "   * - etcd",
      "     -",
      "",
      "After.",
    ]);
    expect(filled(lines)).toEqual({
      1: "Ports",
      4: "Service; Port",
      6: "- Service: proxy; Port: 19530 or another",
      9: "- Service: etcd",
      12: "After.",
    });
  });

  it("is text where it is not whole", async () => {
    const drawing = ["+-----+", "| box |"];
    expect(await linesOf("a.rst", drawing)).toEqual(drawing);
  });
});

describe("a table of AsciiDoc has the names of its columns with each row, on its line", () => {
  it("with a cell or a row a line, its header named or apart", async () => {
    const lines = await linesOf("a.adoc", [
      ":port: 19530",
      ".Ports",
      '[cols="1,2"]',
      "|===",
      "|Service |Port",
      "",
      "|proxy",
      "|{port}",
      "or `another`",
      "|etcd |2379 \\| 2380",
      "|===",
      '[options="header"]',
      "|===",
      "|A |B",
      "|1 |2",
      "|===",
    ]);
    expect(filled(lines)).toEqual({
      2: "Ports",
      5: "Service; Port",
      7: "- Service: proxy; Port: 19530 or `another`",
      10: "- Service: etcd; Port: 2379 | 2380",
      14: "A; B",
      15: "- A: 1; B: 2",
    });
  });

  it("with cells that span or are repeated, and with other signs between them", async () => {
    const lines = await linesOf("a.adoc", [
      "|===",
      "|Region |City |Sum",
      "",
      ".2+|North |Oslo |1",
      "|Bergen a|2",
      "2+|South, all |3",
      "3*|x",
      "|===",
      "",
      "[%header,format=csv]",
      "|===",
      "Name,City",
      "Ada,London",
      "|===",
    ]);
    expect(filled(lines)).toEqual({
      2: "Region; City; Sum",
      4: "- Region: North; City: Oslo; Sum: 1",
      5: "- Region: North; City: Bergen; Sum: 2",
      6: "- Region: South, all; Sum: 3",
      7: "- Region: x; City: x; Sum: x",
      12: "Name; City",
      13: "- Name: Ada; City: London",
    });
  });

  it("is text where it has no end", async () => {
    expect(filled(await linesOf("a.adoc", ["|===", "|one |two", "", "After."]))).toEqual({
      2: "|one |two",
      4: "After.",
    });
  });
});
