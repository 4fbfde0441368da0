import { describe, expect, it } from "vitest";
import { isQuick, isSupported, loaderFor } from "../../src/loaders/loader-for-file.ts";
import { makePdf } from "../fixtures/pdf.ts";

const binary = Buffer.from([1, 2, 3, 0, 255, 254, 7, 8, 0, 0, 14, 15]);

describe("by extension", () => {
  it.each([
    ["a.md", "markdown"],
    ["b/A.MARKDOWN", "markdown"],
    ["a.mdx", "markdown"],
    ["a.mdown", "markdown"],
    ["a.mkd", "markdown"],
    ["a.txt", "text"],
    ["a.text", "text"],
    ["a.log", "text"],
    ["a.PDF", "pdf"],
    ["a.htm", "html"],
    ["a.docx", "docx"],
    ["a.pptx", "pptx"],
    ["a.xlsx", "xlsx"],
    ["a.doc", "legacy-office"],
    ["a.odt", "odt"],
    ["a.epub", "epub"],
    ["a.ipynb", "notebook"],
    ["a.eml", "eml"],
    ["a.mbox", "mbox"],
    ["a.tsv", "csv"],
    ["a.json", "json"],
    ["a.ndjson", "jsonl"],
    ["a.rst", "rst"],
    ["a.adoc", "asciidoc"],
    ["a.org", "org"],
    ["a.tex", "latex"],
    ["a.vtt", "subtitles"],
  ])("%s is %s, whatever it holds", async (source, name) => {
    expect(isSupported(source)).toBe(true);
    expect((await loaderFor(source, binary)).name).toBe(name);
  });

  it("others are not taken from folders", () => {
    expect(["README", "a.png", "md", ".md", "a.md/b", "a.md.bak"].filter((path) => isSupported(path))).toEqual([]);
  });

  it("programs, settings and lists of packages are taken where they are asked for", async () => {
    for (const path of ["src/a.py", "a.YAML", "web/package-lock.json"]) {
      expect(isSupported(path)).toBe(false);
      expect(isSupported(path, true)).toBe(true);
    }
    expect(isSupported("a.png", true)).toBe(false);
    expect((await loaderFor("src/a.py", Buffer.from("x = 1"))).name).toBe("code");
  });
});

it("only small texts in UTF-8 are quick: an encoding that has to be guessed holds up whoever waits", () => {
  const quick = (name: string, text: string, encoding: BufferEncoding) => isQuick(name, Buffer.from(text, encoding));
  expect(quick("a.md", "Grüße", "utf8")).toBe(true);
  expect(quick("a.md", "Grüße", "latin1")).toBe(false);
  expect(quick("a.md", "x".repeat(200_000), "utf8")).toBe(false);
  expect(quick("a.html", "x", "utf8")).toBe(false);
});

describe("by content", () => {
  it("other text is plain text, and a PDF is one under any name", async () => {
    expect((await loaderFor("README", Buffer.from("words"))).name).toBe("text");
    expect((await loaderFor("a.xyz", Buffer.from("größer", "latin1"))).name).toBe("text");
    expect((await loaderFor("empty", Buffer.alloc(0))).name).toBe("text");
    const unknown = await loaderFor("a.xyz", Buffer.from("words"));
    const { warnings } = await unknown.load({ source: "a.xyz", bytes: Buffer.from("words") });
    expect(warnings).toEqual(["no loader reads the format .xyz: it was taken as plain text"]);
    expect((await loaderFor("download", makePdf({ pages: [[]] }))).name).toBe("pdf");
  });

  it("other binary data is refused with what it looks like", async () => {
    await expect(loaderFor("a.xyz", Buffer.from("PK\u0003\u0004\0\0\0\0"))).rejects.toMatchObject({
      code: "unsupported-format",
      message:
        "the file is neither text nor a known format: it looks like a ZIP archive (Office files are such archives)",
    });
    await expect(loaderFor("a.bin", binary)).rejects.toMatchObject({ code: "unsupported-format" });
  });
});

it("text that is damaged is a warning, a stray sign is none", async () => {
  const load = async (text: string) => {
    const loader = await loaderFor("a.jsonl", Buffer.alloc(0));
    return (await loader.load({ source: "a.jsonl", bytes: Buffer.from(text) })).warnings;
  };
  expect(await load('{"a":"lost \\ud800\\ud801\\ud802 words"}')).toEqual([
    "the text is damaged in 1 place: it has control characters, or \uFFFD in place of lost ones",
  ]);
  expect(await load('{"a":"the sign \\ufffd stands for a lost one"}')).toEqual([]);
});

it("plain text is taken as it is", async () => {
  const loader = await loaderFor("notes/To do.txt", Buffer.alloc(0));
  const text = "# no heading\n---\nx\n";
  expect(await loader.load({ source: "notes/To do.txt", bytes: Buffer.from(text) })).toEqual({
    document: {
      source: "notes/To do.txt",
      format: "text",
      title: "To do",
      metadata: {},
      places: "lines",
      markup: "plain",
      pages: [{ text }],
      bodyStart: 0,
    },
    warnings: [],
  });
});
