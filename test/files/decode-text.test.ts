import iconv from "iconv-lite";
import { describe, expect, it } from "vitest";
import { decodeText } from "../../src/files/decode-text.ts";

const german = "Größere Sätze über Vektoren, „Maße“ und Preise ab 5 €: schön, daß es geht.\n";
const russian = "Векторная база данных хранит эмбеддинги и ищет ближайшие из них.\n";
const japanese = "ベクトルデータベースは、埋め込みを保存して近いものを探します。\n";

describe("Unicode", () => {
  it.each(["utf8", "utf-16le", "utf-16be", "utf-32le", "utf-32be"])("%s with a byte order mark", async (encoding) => {
    const decoded = await decodeText(iconv.encode(german + japanese, encoding, { addBOM: true }));
    expect(decoded).toMatchObject({ text: german + japanese, warnings: [] });
  });

  it.each(["utf8", "utf-16le", "utf-16be"])("%s without one", async (encoding) => {
    const decoded = await decodeText(iconv.encode(german, encoding));
    expect(decoded).toMatchObject({ text: german, warnings: [] });
  });

  it("has line feeds for its line ends and spaces for NULs", async () => {
    const { text, warnings } = await decodeText(Buffer.from("# One\r\n\r\nT\0wo, and a good deal more.\rThree\n"));
    expect(text).toBe("# One\n\nT wo, and a good deal more.\nThree\n");
    expect(warnings).toEqual(["a NUL character was replaced by a space"]);
  });

  it("with lone surrogates or damaged places is made well-formed, with a warning", async () => {
    const lone = Buffer.from("\uFEFFa\uD800b", "utf16le");
    expect(await decodeText(lone)).toMatchObject({
      text: "a\uFFFDb",
      warnings: ["bytes in 1 place are not valid UTF-16LE and show as \uFFFD"],
    });
    // Cut in the middle of its last letter.
    const cut = Buffer.from(russian.trimEnd().slice(0, -1)).subarray(0, -1);
    expect(await decodeText(cut)).toEqual({
      text: `${russian.trimEnd().slice(0, -2)}\uFFFD`,
      encoding: "utf-8",
      warnings: ["bytes in 1 place are not valid UTF-8 and show as \uFFFD"],
    });
  });
});

describe("legacy encodings", () => {
  it.each([
    ["windows-1252", german],
    ["windows-1251", russian],
    ["koi8-r", russian],
    ["shift_jis", japanese],
    ["euc-jp", japanese],
    ["gb18030", "向量数据库存储嵌入并查找最近的向量，这是中文的说明文字。\n"],
    ["big5", "向量資料庫儲存嵌入並尋找最近的向量，這是中文的說明文字。\n"],
    ["big5hkscs", "香港嘅向量資料庫儲存嵌入，佢哋會搵最近嘅向量，呢啲係中文嘅說明文字，喺度寫嘅。\n"],
    ["windows-1256", "قاعدة بيانات المتجهات تخزن التضمينات وتبحث عن الأقرب.\n"],
  ])("%s is guessed and said", async (encoding, text) => {
    const decoded = await decodeText(iconv.encode(text, encoding));
    expect(decoded.text).toBe(text);
    expect(decoded.warnings).toEqual([
      `the text is not UTF-8; it was read as ${decoded.encoding}, which is a guess; save it as UTF-8 to be sure`,
    ]);
  });
});

describe("what is no text", () => {
  it.each([
    ["random bytes", Buffer.from(Array.from({ length: 512 }, (_, at) => (at * 167 + 13) % 256))],
    ["NULs", Buffer.alloc(100)],
    ["a few control characters", Buffer.from([1, 2, 3, 4])],
    ["a PDF", Buffer.from("%PDF-1.4\nall of it printable")],
  ])("%s", async (_, bytes) => {
    await expect(decodeText(bytes)).rejects.toMatchObject({ code: "not-text" });
  });
});
