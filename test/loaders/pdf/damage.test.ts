import { describe, expect, it } from "vitest";
import { loaderFor } from "../../../src/loaders/loader-for-file.ts";
import { namePages } from "../../../src/loaders/pdf/damage.ts";
import { asFolderOfUrl } from "../../../src/loaders/pdf/assets.ts";
import { pdfLoader } from "../../../src/loaders/pdf/pdf.ts";
import { lines, makePdf } from "../../fixtures/pdf.ts";

const pages = [lines(["The first page", "has two lines."]), lines(["The second page"])];

function load(bytes: Uint8Array) {
  return pdfLoader.load({ source: "a.pdf", bytes });
}

function changed(change: (file: string) => string): Uint8Array {
  const file = Buffer.from(makePdf({ pages })).toString("latin1");
  const result = change(file);
  expect(result).not.toBe(file);
  return Buffer.from(result, "latin1");
}

describe("what a damaged PDF loses is said", () => {
  it("where operators of a page are no longer known", async () => {
    const { document, warnings } = await load(
      changed((file) => file.replace("(has two lines.) Tj", "(has two lines.) Tx")),
    );
    expect(document.pages.map(({ text }) => text)).toEqual(["The first page", "The second page"]);
    expect(warnings).toEqual(["1 of 2 pages are damaged; some of their text may be lost or wrong: page 1"]);
  });

  it("where the page's stream ends in the middle of a string", async () => {
    const { warnings } = await load(
      changed((file) => file.replace("(The second page) Tj ET", "(The second page  Tj ET")),
    );
    expect(warnings).toContain("1 of 2 pages are damaged; some of their text may be lost or wrong: page 2");
  });

  it("where the file is cut", async () => {
    const whole = makePdf({ pages });
    const { warnings } = await load(whole.subarray(0, whole.length - 20));
    expect(warnings).toContain("the structure of the file is damaged; pages, or parts of them, may be missing");
  });

  it("and a whole one has no warning", async () => {
    expect((await load(makePdf({ pages }))).warnings).toEqual([]);
  });
});

describe("a page whose characters are not known", () => {
  const numbers = { text: "\u0001\u0002\u0003\u0004\u0005", x: 72, y: 700, font: "unmapped" as const };

  it("is named and gives no text", async () => {
    const { document, warnings } = await load(makePdf({ pages: [lines(["Readable"]), [numbers], [numbers]] }));
    expect(document.pages.map(({ text }) => text)).toEqual(["Readable", "", ""]);
    expect(warnings).toEqual([
      "2 of 3 pages are not readable without OCR, for their fonts do not say which characters they show: pages 2-3",
    ]);
  });
});

describe("a PDF", () => {
  it("is opened with its password", async () => {
    const bytes = makePdf({ pages, password: "open sesame" });
    const open = async (pdfPassword?: string) =>
      (await loaderFor("a.pdf", bytes, { pdfPassword })).load({ source: "a.pdf", bytes });
    expect((await open("open sesame")).document.pages[1]?.text).toBe("The second page");
    await expect(open()).rejects.toMatchObject({
      code: "encrypted",
      message: expect.stringContaining("needs a password"),
    });
    await expect(open("wrong")).rejects.toMatchObject({
      code: "encrypted",
      message: "the PDF is encrypted, and the password given does not open it",
    });
  });

  it("has what readers typed onto it", async () => {
    const { document } = await load(makePdf({ pages, note: "Approved by Ada" }));
    expect(document.pages[0]?.text).toBe("The first page\nhas two lines.\n\nApproved by Ada");
  });

  it.each([
    ["with two kilobytes of something else before it", (file: string) => `${"x".repeat(2000)}\n${file}`],
    ["without its first line", (file: string) => file.replace("%PDF-1.4\n", "")],
  ])("is read %s", async (_, change) => {
    const { document } = await load(changed(change));
    expect(document.pages.map(({ text }) => text)).toEqual(["The first page\nhas two lines.", "The second page"]);
  });

  it("of many pages is read by two threads in the order of its pages", async () => {
    const many = Array.from({ length: 150 }, (_, at) => lines([`This is page ${at + 1}`]));
    const { document, warnings } = await load(makePdf({ pages: many }));
    expect(document.pages.map(({ text }) => text)).toEqual(many.map(([line]) => line?.text));
    expect(warnings).toEqual([]);
  });

  it("leaves the program's own objects as they are", async () => {
    const { push } = Array.prototype; // oxlint-disable-line unbound-method
    await load(makePdf({ pages }));
    expect(Array.prototype.push).toBe(push);
    expect("DOMMatrix" in globalThis).toBe(false);
  });
});

it("the folders of PDF.js end in a slash on every system", () => {
  expect(asFolderOfUrl("C:\\tool\\node_modules\\pdfjs-dist\\cmaps", "\\")).toBe(
    "C:/tool/node_modules/pdfjs-dist/cmaps/",
  );
  expect(asFolderOfUrl("\\\\server\\share\\cmaps\\", "\\")).toBe("//server/share/cmaps/");
  expect(asFolderOfUrl("/opt/a\\b/cmaps", "/")).toBe("/opt/a\\b/cmaps/");
});

it("pages are named in ranges", () => {
  expect(namePages([3])).toBe("page 3");
  expect(namePages([1, 2, 3, 7, 9, 10])).toBe("pages 1-3, 7, 9-10");
  expect(namePages(Array.from({ length: 12 }, (_, at) => at * 2))).toBe("pages 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, …");
});
