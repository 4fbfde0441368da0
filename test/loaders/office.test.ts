import { describe, expect, it } from "vitest";
import { zipSync } from "fflate";
import { docxLoader } from "../../src/loaders/office/docx.ts";
import { pptxLoader } from "../../src/loaders/office/pptx.ts";
import { xlsxLoader } from "../../src/loaders/office/xlsx.ts";
import type { Loader } from "../../src/loaders/types.ts";
import {
  coreProperties,
  encryptedOfficeFile,
  makeArchive,
  makeDocx,
  makePptx,
  makeXlsx,
  relationships,
} from "../fixtures/archives.ts";

async function pagesOf(loader: Loader, bytes: Uint8Array): Promise<string[]> {
  const { document } = await loader.load({ source: "files/report.bin", bytes });
  return document.pages.map((page) => page.text);
}

const properties = {
  "docProps/core.xml": coreProperties({
    "dc:title": "Yearly report",
    "dc:creator": "Ada Lovelace",
    "cp:keywords": "sales; 2024",
    "dcterms:created": "2024-05-01T10:00:00Z",
    "dcterms:modified": "2024-06-02",
  }),
};
const metadata = {
  author: "Ada Lovelace",
  created: "2024-05-01T10:00:00.000Z",
  keywords: ["sales", "2024"],
  modified: "2024-06-02",
};

describe("Word", () => {
  const style = (name: string) => `<w:pPr><w:pStyle w:val="${name}"/></w:pPr>`;
  const run = (text: string, properties = "") => `<w:r>${properties}<w:t xml:space="preserve">${text}</w:t></w:r>`;
  const paragraph = (text: string) => `<w:p>${run(text)}</w:p>`;

  it("keeps headings, tables, footnotes, text boxes, formulas and code", async () => {
    const mono = '<w:rPr><w:rFonts w:ascii="Courier New"/></w:rPr>';
    const cell = (text: string) => `<w:tc>${paragraph(text)}</w:tc>`;
    const body = [
      `<w:p>${style("Heading1")}${run("Results")}</w:p>`,
      `<w:p>${run("It grew")}<w:r><w:footnoteReference w:id="2"/></w:r>${run(" by ")}<m:oMath><m:r><m:t>x+1</m:t></m:r></m:oMath>.</w:p>`,
      `<w:tbl><w:tr>${cell("Name")}${cell("Sum")}</w:tr><w:tr>${cell("A")}${cell("3")}</w:tr></w:tbl>`,
      `<w:p><w:r><w:pict><v:shape xmlns:v="urn:schemas-microsoft-com:vml"><v:textbox><w:txbxContent>${paragraph("In a box")}</w:txbxContent></v:textbox></v:shape></w:pict></w:r></w:p>`,
      `<w:p>${run("if x:", mono)}</w:p><w:p>${run("    y = 1", mono)}</w:p>`,
    ];
    const bytes = makeDocx(body.join(""), {
      ...properties,
      "word/_rels/document.xml.rels": relationships({ f: ["footnotes", "footnotes.xml"], s: ["styles", "styles.xml"] }),
      "word/styles.xml":
        '<w:styles xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:style w:type="paragraph" w:styleId="Heading1"><w:name w:val="heading 1"/></w:style></w:styles>',
      "word/footnotes.xml": `<w:footnotes xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:footnote w:id="2">${paragraph("As in May.")}</w:footnote></w:footnotes>`,
    });
    const { document, warnings } = await docxLoader.load({ source: "report.docx", bytes });
    expect(document).toMatchObject({ title: "Yearly report", metadata, format: "docx", places: "none" });
    expect(document.pages.map((page) => page.text)).toEqual([
      "# Results\n\nIt grew[1] by x+1\n\n| Name | Sum |\n| --- | --- |\n| A | 3 |\n\nIn a box\n\n```\nif x:\n    y = 1\n```\n\n1. As in May.",
    ]);
    expect(warnings).toEqual([]);
  });

  it("keeps a table in a cell as its text, and merged cells in each of their rows", async () => {
    const cell = (text: string, inside = "", properties = "") =>
      `<w:tc><w:tcPr>${properties}</w:tcPr>${paragraph(text)}${inside}</w:tc>`;
    const row = (...cells: string[]) => `<w:tr>${cells.join("")}</w:tr>`;
    const inner = `<w:tbl>${row(cell("Day"), cell("Sum"))}${row(cell("Monday"), cell("3"))}</w:tbl>${paragraph("")}`;
    const rows = [
      row(cell("Region"), cell("City"), cell("Note")),
      row(cell("North", "", '<w:vMerge w:val="restart"/>'), cell("Oslo"), cell("By day:", inner)),
      row(cell("", "", "<w:vMerge/>"), cell("Bergen"), cell("none")),
    ];
    expect(await pagesOf(docxLoader, makeDocx(`<w:tbl>${rows.join("")}</w:tbl>`))).toEqual([
      "| Region | City | Note |\n| --- | --- | --- |\n| North | Oslo | By day: Day, Sum; Monday, 3 |\n| North | Bergen | none |",
    ]);
  });

  it("leaves hidden text out, and reads text boxes that only newer programs know", async () => {
    const box = `<mc:AlternateContent xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"><mc:Choice Requires="wps"><w:drawing><w:txbxContent>${paragraph("In a new box")}</w:txbxContent></w:drawing></mc:Choice></mc:AlternateContent>`;
    const hidden = run("secret", "<w:rPr><w:b/><w:vanish/></w:rPr>");
    const shown = run("shown", '<w:rPr><w:vanish w:val="0"/></w:rPr>');
    const body = `<w:p>${hidden}${shown}</w:p><w:p><w:r>${box}</w:r></w:p>`;
    expect(await pagesOf(docxLoader, makeDocx(body))).toEqual(["shown\n\nIn a new box"]);
  });

  it("without a title in its properties has that of its first heading; embedded documents are a warning", async () => {
    const bytes = makeDocx(`<w:p>${style("Title")}${run("Plan")}</w:p><w:altChunk r:id="x"/>`, {
      "word/_rels/document.xml.rels": relationships({ s: ["styles", "styles.xml"] }),
      "word/styles.xml":
        '<w:styles xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:style w:type="paragraph" w:styleId="Title"><w:name w:val="Title"/></w:style></w:styles>',
    });
    const { document, warnings } = await docxLoader.load({ source: "a.docx", bytes });
    expect(document).toMatchObject({ title: "Plan", pages: [{ text: "# Plan" }] });
    expect(warnings).toEqual(["a document that is embedded in this one was left out"]);
  });
});

describe("PowerPoint", () => {
  const text = (value: string, level = 0) => `<a:p><a:pPr lvl="${level}"/><a:r><a:t>${value}</a:t></a:r></a:p>`;
  const shape = (kind: string, ...paragraphs: string[]) =>
    `<p:sp><p:nvSpPr><p:nvPr><p:ph type="${kind}"/></p:nvPr></p:nvSpPr><p:txBody>${paragraphs.join("")}</p:txBody></p:sp>`;

  it("is read slide by slide in the order of the show, with tables, charts, groups and notes", async () => {
    const cell = (value: string) => `<a:tc><a:txBody>${text(value)}</a:txBody></a:tc>`;
    const table = `<p:graphicFrame><a:graphic><a:graphicData><a:tbl><a:tr>${cell("Name")}${cell("Sum")}</a:tr><a:tr>${cell("A")}${cell("3")}</a:tr></a:tbl></a:graphicData></a:graphic></p:graphicFrame>`;
    const points = (values: string[]) => values.map((value) => `<c:pt><c:v>${value}</c:v></c:pt>`).join("");
    const bytes = makePptx(
      [
        `<p:grpSp>${shape("body", text("One"), text("Two", 1))}</p:grpSp>${table}${shape("sldNum", text("7"))}${shape("title", text("Last"))}`,
        shape("ctrTitle", text("Welcome")),
      ],
      {
        ...properties,
        "ppt/slides/_rels/slide1.xml.rels": relationships({
          c: ["chart", "../charts/chart1.xml"],
          n: ["notesSlide", "../notesSlides/notesSlide1.xml"],
        }),
        "ppt/charts/chart1.xml": `<c:chartSpace xmlns:c="c" xmlns:a="a"><c:chart><c:title><c:tx><c:rich>${text("Sales")}</c:rich></c:tx></c:title><c:ser><c:tx><c:strRef>${points(["2024"])}</c:strRef></c:tx><c:cat>${points(["Q1", "Q2"])}</c:cat><c:val>${points(["5", "6"])}</c:val></c:ser></c:chart></c:chartSpace>`,
        "ppt/notesSlides/notesSlide1.xml": `<p:notes xmlns:p="p" xmlns:a="a">${shape("body", text("Say hello."))}${shape("sldNum", text("1"))}</p:notes>`,
      },
    );
    const { document } = await pptxLoader.load({ source: "talk.pptx", bytes });
    expect(document).toMatchObject({ title: "Yearly report", metadata, places: "pages", markup: "markdown" });
    expect(document.pages.map((page) => page.text)).toEqual([
      "# Welcome",
      "# Last\n\n- One\n  - Two\n\n| Name | Sum |\n| --- | --- |\n| A | 3 |\n\nSales\n\n|  | 2024 |\n| --- | --- |\n| Q1 | 5 |\n| Q2 | 6 |\n\nNotes:\n\nSay hello.",
    ]);
  });
});

it("a merged cell of a slide's table stands in each of its rows", async () => {
  const cell = (value: string, extra = "") =>
    `<a:tc ${extra}><a:txBody><a:p><a:r><a:t>${value}</a:t></a:r></a:p></a:txBody></a:tc>`;
  const rows = [
    [cell("Region"), cell("City")],
    [cell("North", 'rowSpan="2"'), cell("Oslo")],
    [cell("", 'vMerge="1"'), cell("Bergen")],
  ].map((cells) => `<a:tr>${cells.join("")}</a:tr>`);
  const table = `<p:graphicFrame><a:graphic><a:graphicData><a:tbl>${rows.join("")}</a:tbl></a:graphicData></a:graphic></p:graphicFrame>`;
  expect(await pagesOf(pptxLoader, makePptx([table]))).toEqual([
    "| Region | City |\n| --- | --- |\n| North | Oslo |\n| North | Bergen |",
  ]);
});

describe("Excel", () => {
  const cell = (at: string, value: string) => `<c r="${at}" t="inlineStr"><is><t>${value}</t></is></c>`;
  const number = (at: string, value: string, style = 0) => `<c r="${at}" s="${style}"><v>${value}</v></c>`;

  it("is read sheet by sheet, the names of the columns with each row, dates as dates", async () => {
    const bytes = makeXlsx(
      {
        Sales: `<row r="1">${cell("A1", "Sales of the year")}</row><row r="3">${cell("A3", "Name")}${cell("B3", "Day")}${cell("C3", "Sum")}</row><row r="4">${cell("A4", "A")}${number("B4", "45413", 1)}${number("C4", "0.30000000000000004")}</row><row r="5">${cell("A5", "B")}${number("C5", "3")}</row>`,
        Empty: "",
        Numbers: `<row r="1">${number("A1", "1")}${number("B1", "2")}</row>`,
      },
      properties,
    );
    const { document } = await xlsxLoader.load({ source: "sales.xlsx", bytes });
    expect(document).toMatchObject({ title: "Yearly report", metadata, places: "pages", markup: "markdown" });
    expect(document.pages.map((page) => page.text)).toEqual([
      "# Sales\n\nSales of the year\n\n- Name: A; Day: 2024-05-01; Sum: 0.3\n- Name: B; Sum: 3",
      "",
      "# Numbers\n\n- 1; 2",
    ]);
  });

  it("has a merged cell in each of its rows that holds anything", async () => {
    const rows = `<row r="3">${cell("B3", "Region")}${cell("C3", "City")}</row><row r="4">${cell("B4", "North")}${cell("C4", "Oslo")}</row><row r="5"><c r="B5"/>${cell("C5", "Bergen")}</row><row r="7">${cell("C7", "Alta")}</row>`;
    const merged = '<mergeCells count="2"><mergeCell ref="B4:B8"/><mergeCell ref="A1:C1"/></mergeCells>';
    const space = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"';
    const workbook = makeXlsx(
      { Plain: `<row r="1">${cell("A1", "x")}</row>`, Towns: "" },
      { "xl/worksheets/sheet2.xml": `<worksheet ${space}><sheetData>${rows}</sheetData>${merged}</worksheet>` },
    );
    expect(await pagesOf(xlsxLoader, workbook)).toEqual([
      "# Plain\n\nx",
      "# Towns\n\n- Region: North; City: Oslo\n- Region: North; City: Bergen\n- Region: North; City: Alta",
    ]);
  });

  it("has times to the second, and durations", async () => {
    const styles = {
      "xl/styles.xml":
        '<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="22" applyNumberFormat="1"/></cellXfs></styleSheet>',
    };
    const rows = `<row r="1">${number("A1", "45356.604166666664", 1)}${number("B1", "0.3854166666666667", 1)}${number("C1", "1.25", 1)}</row>`;
    expect(await pagesOf(xlsxLoader, makeXlsx({ Times: rows }, styles))).toEqual([
      "# Times\n\n- 2024-03-05T14:30:00; 09:15:00; 30:00:00",
    ]);
  });

  it("says which results of formulas were never saved", async () => {
    const formula = (at: string, value: string, type = "") => `<c r="${at}"${type}><f>A1*2</f>${value}</c>`;
    const text = ' t="str"';
    const rows = `<row r="1">${cell("A1", "Sum")}${formula("B1", "<v>4</v>")}${formula("C1", "<v></v>", text)}${formula("D1", "")}${formula("E1", "<v/>")}</row>`;
    const { warnings } = await xlsxLoader.load({ source: "sums.xlsx", bytes: makeXlsx({ Sums: rows }) });
    expect(warnings).toEqual([
      "2 formulas have no saved value; to have results read, save the workbook in Excel or LibreOffice",
    ]);
  });

  it("refuses two cells that are too far apart", async () => {
    const rows = `<row r="1">${number("A1", "1")}</row><row r="1048576">${number("XFD1048576", "1")}</row>`;
    await expect(pagesOf(xlsxLoader, makeXlsx({ Vast: rows }))).rejects.toMatchObject({ code: "too-large" });
  });
});

describe.each([
  ["Word document", docxLoader, makeDocx("<w:p><w:r><w:t>x</w:t></w:r></w:p>")],
  ["PowerPoint presentation", pptxLoader, makePptx(["<p:sp/>"])],
  ["Excel workbook", xlsxLoader, makeXlsx({ A: '<row r="1"><c r="A1"><v>1</v></c></row>' })],
])("a %s", (name, loader, good) => {
  it("with a password is named as such", async () => {
    await expect(pagesOf(loader, encryptedOfficeFile())).rejects.toMatchObject({
      code: "encrypted",
      message: `the ${name} is protected by a password`,
    });
  });

  it("that is something else is told from what it is", async () => {
    await expect(pagesOf(loader, Buffer.from("<html>404</html>"))).rejects.toMatchObject({
      message: `the file is no ${name}: it looks like an HTML page`,
    });
    await expect(pagesOf(loader, Buffer.alloc(0))).rejects.toMatchObject({
      message: `the file is no ${name}: it looks like an empty file`,
    });
    await expect(pagesOf(loader, makeArchive({ "a.txt": "x" }))).rejects.toMatchObject({ code: "unexpected-content" });
  });

  it("that is cut short, or whose content is not what its checksum says, is damaged", async () => {
    await expect(pagesOf(loader, good.subarray(0, good.length - 40))).rejects.toMatchObject({
      code: "damaged-archive",
    });
    const changed = Buffer.from(good);
    // The checksum of every entry, as the directory at the end of the archive has it.
    for (let at = changed.indexOf("PK\u0001\u0002"); at !== -1; at = changed.indexOf("PK\u0001\u0002", at + 1)) {
      changed.writeUInt32LE((changed.readUInt32LE(at + 16) ^ 1) >>> 0, at + 16);
    }
    await expect(pagesOf(loader, changed)).rejects.toMatchObject({ code: "damaged-archive" });
  });

  it("with a part that is a bomb stops at the limits", async () => {
    const core = (xml: string) => {
      const files = { "[Content_Types].xml": Buffer.from("<Types/>"), "docProps/core.xml": Buffer.from(xml) };
      return Buffer.from(zipSync(files));
    };
    await expect(pagesOf(loader, core("a".repeat(20 * 2 ** 20)))).rejects.toMatchObject({ code: "archive-too-large" });
    await expect(pagesOf(loader, core("<a>".repeat(100_000)))).rejects.toMatchObject({ code: "unreadable-xml" });
    await expect(
      pagesOf(loader, core('<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>')),
    ).rejects.toMatchObject({ code: "unreadable-xml" });
  });
});
