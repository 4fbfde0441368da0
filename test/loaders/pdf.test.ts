import { pdfDate } from "../../src/loaders/pdf/information.ts";
import { describe, expect, it } from "vitest";
import { pdfLoader } from "../../src/loaders/pdf/pdf.ts";
import { lines, makePdf } from "../fixtures/pdf.ts";
import type { PdfOptions } from "../fixtures/pdf.ts";

async function load(options: PdfOptions, source = "papers/report.pdf") {
  return pdfLoader.load({ source, bytes: makePdf(options) });
}

function loadBytes(latin1: string) {
  return pdfLoader.load({ source: "a.pdf", bytes: Buffer.from(latin1, "latin1") });
}

function column(name: string): string[] {
  return Array.from({ length: 9 }, (_, line) => `${name} column, its line number ${line}`);
}

async function textOf(pages: PdfOptions["pages"][number]): Promise<string> {
  return (await load({ pages: [pages] })).document.pages[0]?.text ?? "";
}

describe("pages", () => {
  it("come in order with their numbers", async () => {
    const { document, warnings } = await load({ pages: [lines(["First page"]), lines(["Second page"])] });
    expect(document).toEqual({
      source: "papers/report.pdf",
      format: "pdf",
      title: "report",
      metadata: {},
      places: "pages",
      markup: "plain",
      pages: [{ text: "First page" }, { text: "Second page" }],
      bodyStart: 0,
    });
    expect(warnings).toEqual([]);
  });

  it("without text are counted in a warning and kept", async () => {
    const some = await load({ pages: [lines(["Text"]), [], []] });
    expect(some.document.pages.map((page) => page.text)).toEqual(["Text", "", ""]);
    expect(some.warnings).toEqual(["2 of 3 pages have no text; they may need OCR"]);
    const none = await load({ pages: [[]] });
    expect(none.document.pages).toEqual([{ text: "" }]);
    expect(none.warnings).toEqual(["1 of 1 pages have no text; they may need OCR"]);
  });

  it("the bytes stay the caller's", async () => {
    const bytes = makePdf({ pages: [lines(["Text"])] });
    const before = Buffer.from(bytes).toString("latin1");
    await pdfLoader.load({ source: "a.pdf", bytes });
    expect(Buffer.from(bytes).toString("latin1")).toBe(before);
  });
});

describe("the text of a page", () => {
  it("has its lines, and a blank line where the gap is wider", async () => {
    const text = await textOf([
      ...lines(["One line of a paragraph", "and its second one."]),
      ...lines(["Another paragraph", "follows it."], { top: 712 }),
    ]);
    expect(text).toBe("One line of a paragraph\nand its second one.\n\nAnother paragraph\nfollows it.");
  });

  it("has double-spaced lines in one paragraph", async () => {
    const text = await textOf(lines(["One", "Two", "Three", "Four"], { leading: 24 }));
    expect(text).toBe("One\nTwo\nThree\nFour");
  });

  it("has words whole that a line's end cut", async () => {
    expect(await textOf(lines(["It holds informa-", "tion about vectors."]))).toBe(
      "It holds information\nabout vectors.",
    );
    expect(await textOf(lines(["a state-of-the-", "art index"]))).toBe("a state-of-the-art\nindex");
    expect(await textOf(lines(["the range 10-", "20 and so on"]))).toBe("the range 10-\n20 and so on");
    expect(await textOf(lines(["pages by Smith-", "Jones"]))).toBe("pages by Smith-\nJones");
  });

  it("keeps the hyphen of a compound whose parts are words of the document", async () => {
    const cut = ["cutting-", "edge systems and data-", "bases"];
    expect(await textOf(lines(cut))).toBe("cuttingedge\nsystems and databases");
    const known = ["The edge is cutting. A database has bases for data."];
    const { document } = await load({ pages: [lines(cut), lines([...known, "Two databases."])] });
    expect(document.pages[0]?.text).toBe("cutting-edge\nsystems and databases");
  });

  it("goes through one column after the other", async () => {
    const left = lines(["Left column is", "read to its end."]);
    const right = lines(["Right column", "comes next."], { x: 320 });
    expect(await textOf([...left, ...right])).toBe("Left column is\nread to its end.\n\nRight column\ncomes next.");
  });

  it("goes through the columns of a page that is drawn line by line across them", async () => {
    const left = lines(column("Left"));
    const right = lines(column("Right"), { x: 320 });
    const across = left.flatMap((piece, line) => [piece, ...right.slice(line, line + 1)]);
    const heading = { text: "A heading that stands above both of the columns of this page", x: 72, y: 790, size: 16 };
    expect(await textOf([heading, ...across])).toBe(
      [heading.text, column("Left").join("\n"), column("Right").join("\n")].join("\n\n"),
    );
  });

  it("keeps the cells of a long table in their rows", async () => {
    const rows = Array.from({ length: 12 }, (_, row) => [`name-${row}`, `value-${row}`]);
    const cells = rows.flatMap((row, line) => row.map((text, at) => ({ text, x: 72 + at * 200, y: 700 - line * 12 })));
    expect(await textOf(cells)).toBe(rows.map((row) => row.join("  ")).join("\n"));
  });

  it("keeps the cells of a row on one line", async () => {
    const rows = [
      ["Name", "Port"],
      ["milvus", "19530"],
    ].flatMap(([name = "", port = ""], row) => [
      { text: name, x: 72, y: 700 - row * 14 },
      { text: port, x: 200, y: 700 - row * 14 },
    ]);
    expect(await textOf(rows)).toBe("Name  Port\nmilvus  19530");
  });

  it("reads Japanese without embedded fonts and without a network, and vertical columns", async () => {
    expect(await textOf([{ text: "ベクトル検索", x: 72, y: 700, font: "japanese" }])).toBe("ベクトル検索");
    const column = Array.from("縦書きの行", (text, index) => ({
      text,
      x: 300,
      y: 700 - index * 10,
      font: "japanese" as const,
    }));
    const next = Array.from("次の行", (text, index) => ({
      text,
      x: 285,
      y: 700 - index * 10,
      font: "japanese" as const,
    }));
    expect(await textOf([...column, ...next])).toBe("縦書きの行\n次の行");
  });

  it("is followed by what was filled into the form", async () => {
    const { document } = await load({ pages: [lines(["Application"])], field: ["Applicant", "Ada Lovelace"] });
    expect(document.pages[0]?.text).toBe("Application\n\nApplicant: Ada Lovelace");
  });

  it("whose font does not say which characters it shows is a warning", async () => {
    const text = "\u0024\u0003\u0057\u0048\u0051\u0057";
    const { warnings } = await load({ pages: [[{ text, x: 72, y: 700, font: "unmapped" }], lines(["Readable"])] });
    expect(warnings).toEqual([
      "1 of 2 pages use fonts that do not say which characters they show; their text may be unreadable",
    ]);
  });
});

describe("the metadata", () => {
  it("are what the information dictionary says, dates in UTC", async () => {
    const information =
      "/Author (Ada  Lovelace) /CreationDate (D:20240501120000+02'00') /ModDate (D:20240502) /Subject (Engines) " +
      "/Keywords (steam, brass; cards) /Creator (Some Program)";
    const { document } = await load({ pages: [lines(["Text"])], information });
    expect(document.metadata).toEqual({
      author: "Ada Lovelace",
      created: "2024-05-01T10:00:00.000Z",
      keywords: ["steam", "brass", "cards"],
      modified: "2024-05-02",
      subject: "Engines",
    });
  });

  it.each([
    ["D:2024", "2024-01-01"],
    ["D:20240501235959Z", "2024-05-01T23:59:59.000Z"],
    ["20240501120000-0330", "2024-05-01T15:30:00.000Z"],
    ["D:20241350", null],
    ["yesterday", null],
    [7, null],
  ])("the date %j is %j", (written, expected) => {
    expect(pdfDate(written)).toBe(expected);
  });
});

describe("the title", () => {
  it.each([
    ["Vector search at scale", "Vector search at scale"],
    ["Microsoft Word - report.doc", "report"],
    ["untitled", "report"],
    ["(anonymous)", "report"],
    ["thesis_final.tex", "report"],
    ["  ", "report"],
    ["12345", "report"],
  ])("%j gives %j", async (title, expected) => {
    const { document } = await load({ pages: [lines(["Text"])], title: title.replaceAll(/[()]/g, "\\$&") });
    expect(document.title).toBe(expected);
  });
});

describe("what is no readable PDF", () => {
  it("is told from what it is", async () => {
    await expect(loadBytes("<!DOCTYPE html><title>404</title>")).rejects.toMatchObject({
      code: "not-a-pdf",
      message: "the file is no PDF: it looks like an HTML page",
    });
    await expect(loadBytes("Just words.")).rejects.toMatchObject({
      message: "the file is no PDF: it looks like a text",
    });
    await expect(loadBytes("")).rejects.toMatchObject({ message: "the file is no PDF: it looks like an empty file" });
    await expect(loadBytes("\x89PNG\r\n\x1a\n\0\0\0\rIHDR")).rejects.toMatchObject({
      message: "the file is no PDF: it looks like a PNG image",
    });
  });

  it("needs a password", async () => {
    await expect(load({ pages: [lines(["Secret"])], encrypted: true })).rejects.toMatchObject({
      code: "encrypted",
      message: "the PDF is encrypted and needs a password to be read",
    });
  });

  it("is damaged", async () => {
    const bytes = makePdf({ pages: [lines(["Text"])] });
    await expect(pdfLoader.load({ source: "a.pdf", bytes: bytes.subarray(0, 60) })).rejects.toMatchObject({
      code: "unreadable-pdf",
    });
  });

  it("is read all the same where only its table of contents is gone", async () => {
    const file = Buffer.from(makePdf({ pages: [lines(["Still here"])] })).toString("latin1");
    const bytes = Buffer.from(file.replace(/startxref\n\d+/, "startxref\n7"), "latin1");
    const { document } = await pdfLoader.load({ source: "a.pdf", bytes });
    expect(document.pages[0]?.text).toBe("Still here");
  });
});
