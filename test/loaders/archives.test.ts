import { describe, expect, it } from "vitest";
import { loaderFor } from "../../src/loaders/loader-for-file.ts";
import { encryptedOfficeFile, makeArchive, makeDocx } from "../fixtures/archives.ts";

async function load(source: string, bytes: Uint8Array) {
  return (await loaderFor(source, bytes)).load({ source, bytes });
}

const space =
  'xmlns:office="o" xmlns:text="t" xmlns:table="tb" xmlns:draw="d" xmlns:presentation="p" xmlns:dc="dc" xmlns:meta="m"';

function makeOpenDocument(body: string, files: Readonly<Record<string, string>> = {}): Buffer {
  return makeArchive({
    "content.xml": `<office:document-content ${space}><office:body>${body}</office:body></office:document-content>`,
    "meta.xml": `<office:document-meta ${space}><office:meta><dc:title>Report</dc:title><meta:initial-creator>Ada</meta:initial-creator><dc:creator>Bob</dc:creator><meta:creation-date>2024-05-01T10:00:00</meta:creation-date><meta:keyword>x</meta:keyword></office:meta></office:document-meta>`,
    ...files,
  });
}

describe("OpenDocument", () => {
  it("text has headings, lists, tables, notes and text boxes", async () => {
    const cell = (text: string) => `<table:table-cell><text:p>${text}</text:p></table:table-cell>`;
    const bytes = makeOpenDocument(
      `<office:text><text:tracked-changes><text:p>deleted</text:p></text:tracked-changes><text:h text:outline-level="2">Head</text:h><text:p>One<text:s text:c="2"/>two<text:note><text:note-citation>1</text:note-citation><text:note-body><text:p>noted</text:p></text:note-body></text:note><draw:frame><draw:text-box><text:p>boxed</text:p></draw:text-box></draw:frame></text:p><text:list><text:list-item><text:p>a</text:p><text:list><text:list-item><text:p>b</text:p></text:list-item></text:list></text:list-item></text:list><table:table><table:table-row>${cell("N")}${cell("S")}</table:table-row><table:table-row>${cell("A")}${cell("3")}</table:table-row></table:table></office:text>`,
    );
    const { document } = await load("a.odt", bytes);
    expect(document).toMatchObject({ title: "Report", places: "none", metadata: { author: "Ada", keywords: ["x"] } });
    expect(document.metadata["created"]).toMatch(/^2024-05-01T/);
    expect(document.pages[0]?.text).toBe(
      "## Head\n\nOne two [noted]\n\nboxed\n\n- a\n  - b\n\n| N | S |\n| --- | --- |\n| A | 3 |",
    );
  });

  it("presentations have a page a slide, spreadsheets a page a sheet", async () => {
    const slide = (title: string, text: string) =>
      `<draw:page><draw:frame><draw:text-box><text:p>${text}</text:p></draw:text-box></draw:frame><draw:frame presentation:class="title"><draw:text-box><text:p>${title}</text:p></draw:text-box></draw:frame><presentation:notes><draw:frame><draw:text-box><text:p>Say ${title}</text:p></draw:text-box></draw:frame></presentation:notes></draw:page>`;
    const talk = await load(
      "a.odp",
      makeOpenDocument(`<office:presentation>${slide("One", "x")}${slide("Two", "y")}</office:presentation>`),
    );
    expect(talk.document.pages.map((page) => page.text)).toEqual([
      "# One\n\nx\n\nNotes:\n\nSay One",
      "# Two\n\ny\n\nNotes:\n\nSay Two",
    ]);
    const cell = (text: string, extra = "") => `<table:table-cell ${extra}><text:p>${text}</text:p></table:table-cell>`;
    const rows = `<table:table-row>${cell("Name")}<table:table-cell/>${cell("Day")}</table:table-row><table:table-row>${cell("A")}<table:table-cell/>${cell("1.5.24", 'office:date-value="2024-05-01T00:00:00"')}<table:table-cell table:number-columns-repeated="16000"/></table:table-row><table:table-row table:number-rows-repeated="1048000"><table:table-cell/></table:table-row>`;
    const sheet = await load(
      "a.ods",
      makeOpenDocument(`<office:spreadsheet><table:table table:name="S">${rows}</table:table></office:spreadsheet>`),
    );
    expect(sheet.document.pages).toEqual([{ text: "# S\n\n- Name: A; Day: 2024-05-01" }]);
  });

  it("with a password is named as such", async () => {
    const bytes = makeOpenDocument("", { "META-INF/manifest.xml": "<manifest:encryption-data/>" });
    await expect(load("a.odt", bytes)).rejects.toMatchObject({ code: "encrypted" });
  });
});

describe("EPUB", () => {
  const chapter = (text: string) =>
    `<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><head><title>x</title></head><body>${text}</body></html>`;
  const book = {
    "META-INF/container.xml": '<container><rootfiles><rootfile full-path="OEBPS/book.opf"/></rootfiles></container>',
    "OEBPS/book.opf":
      '<package xmlns:dc="dc"><metadata><dc:title>A book</dc:title><dc:creator>Ada</dc:creator><dc:date>2024-05-01</dc:date><dc:language>en</dc:language><meta property="dcterms:modified">2024-06-01T00:00:00Z</meta></metadata><manifest><item id="b" href="b%20c.xhtml"/><item id="a" href="a.xhtml"/><item id="n" href="nav.xhtml" properties="nav"/></manifest><spine><itemref idref="n"/><itemref idref="a"/><itemref idref="b"/></spine></package>',
    "OEBPS/a.xhtml": chapter("<h1>One</h1><p>Caf&eacute; &amp; tea</p>"),
    "OEBPS/b c.xhtml": chapter("<h1>Two</h1><ul><li>x</li></ul>"),
    "OEBPS/nav.xhtml": chapter("<nav>Contents</nav>"),
  };

  it("is read along its spine", async () => {
    const { document, warnings } = await load("a.epub", makeArchive(book));
    expect(document).toMatchObject({
      title: "A book",
      places: "none",
      metadata: { author: "Ada", created: "2024-05-01", language: "en", modified: "2024-06-01T00:00:00.000Z" },
    });
    expect(document.pages.map((page) => page.text)).toEqual(["# One\n\nCafé & tea", "# Two\n\n- x"]);
    expect(warnings).toEqual([]);
  });

  it.each([
    [
      "EPUB 3",
      '<item id="t" href="nav.xhtml" properties="nav"/>',
      chapter(
        '<nav epub:type="page-list"><a href="a.xhtml">7</a></nav><nav epub:type="toc"><ol><li><a href="a.xhtml">Of <i>whales</i></a><ol><li><a href="b%20c.xhtml#x">Ropes</a></li></ol></li></ol></nav>',
      ),
    ],
    [
      "EPUB 2",
      '<item id="t" href="nav.xhtml" media-type="application/x-dtbncx+xml"/>',
      '<ncx><navMap><navPoint><navLabel><text>Of whales</text></navLabel><content src="a.xhtml"/><navPoint><navLabel><text>Ropes</text></navLabel><content src="b%20c.xhtml#x"/></navPoint></navPoint></navMap></ncx>',
    ],
  ])("has the names of its contents where a chapter has no heading (%s)", async (_, item, contents) => {
    const parts = {
      ...book,
      "OEBPS/book.opf": book["OEBPS/book.opf"].replace(/<item id="n"[^>]*>/, item),
      "OEBPS/a.xhtml": chapter("<p>They are large.</p>"),
      "OEBPS/b c.xhtml": chapter("<h2>Of ropes</h2><p>Long.</p>"),
      "OEBPS/nav.xhtml": contents,
    };
    const { document } = await load("a.epub", makeArchive(parts));
    expect(document.pages.map((page) => page.text)).toEqual(["# Of whales\n\nThey are large.", "## Of ropes\n\nLong."]);
  });

  it("with protection or without chapters says so", async () => {
    const reference = '<encryption><CipherReference URI="OEBPS/a.xhtml"/></encryption>';
    await expect(load("a.epub", makeArchive({ ...book, "META-INF/encryption.xml": reference }))).rejects.toMatchObject({
      code: "encrypted",
    });
    const { "OEBPS/a.xhtml": _, ...rest } = book;
    expect((await load("a.epub", makeArchive(rest))).warnings).toEqual(["1 of 2 chapters are missing in the file"]);
  });
});

describe("old Office files", () => {
  const old = Buffer.concat([Buffer.from("d0cf11e0a1b11ae1", "hex"), Buffer.alloc(100)]);

  it.each([
    ["a.doc", ".docx"],
    ["a.xls", ".xlsx"],
    ["a.ppt", ".pptx"],
    ["a.rtf", ".docx"],
  ])("%s is refused by name, with what to do", async (source, successor) => {
    await expect(load(source, old)).rejects.toMatchObject({
      code: "unsupported-format",
      hint: `open it in Office or LibreOffice and save it as ${successor}`,
    });
  });

  it("that are something else are read as that", async () => {
    expect((await load("a.doc", Buffer.from("<html><body>Hi</body></html>"))).document.pages[0]?.text).toBe("Hi");
    expect((await load("a.doc", makeDocx("<w:p><w:r><w:t>Hi</w:t></w:r></w:p>"))).document.pages[0]?.text).toBe("Hi");
    expect((await load("a.xls", Buffer.from("a\tb\n1\t2"))).document.pages[0]?.text).toBe("a; b\na: 1; b: 2");
    await expect(load("a.doc", encryptedOfficeFile())).rejects.toMatchObject({ code: "encrypted" });
  });
});
