import iconv from "iconv-lite";
import { describe, expect, it } from "vitest";
import { decodeText, decodeTextAs } from "../../src/files/decode-text.ts";
import { decoderOf } from "../../src/files/encodings/decoders.ts";
import { encode } from "../fixtures/languages/encode.ts";
import { languageTexts } from "../fixtures/languages/texts.ts";

const wide = ["utf-16le", "utf-16be", "utf-32le", "utf-32be"];

/** What a person keeps in a file: one sentence, a text, and a text among ASCII. */
function variantsOf(text: string): Record<string, string> {
  const sentences = text.split(/(?<=[.。])\s*/u);
  const long = `${sentences.join("\n")}\n`;
  return {
    short: `${sentences[0] ?? ""}\n`,
    long,
    mixed: `# Notes\n\nSee https://example.com/docs for version 2.4.\n\n${long}\n\`\`\`\nrun --fast\n\`\`\`\n`,
  };
}

const cases = Object.entries(languageTexts).flatMap(([language, { text, encodings }]) =>
  Object.entries(variantsOf(text)).flatMap(([variant, content]) =>
    [...encodings, ...wide].flatMap((encoding) => {
      const bytes = encode(content, encoding);
      const isAscii = bytes === null || (bytes.every((byte) => byte < 0x80) && !/2022|hz/.test(encoding));
      return isAscii ? [] : [{ language, encoding, variant, content, bytes }];
    }),
  ),
);

describe("texts of many languages in many encodings", () => {
  it("are read as they were written, but for a few sentences of which two readings are likely", async () => {
    expect(cases.length).toBeGreaterThan(500);
    const wrong: string[] = [];
    for (const { language, encoding, variant, content, bytes } of cases) {
      const read = await decodeText(bytes).catch((error: unknown) => ({ text: String(error), warnings: [] }));
      if (read.text !== content) wrong.push(`${language} ${encoding} ${variant}`);
      // A replacement is never silent.
      expect(read.text.includes("\uFFFD") && read.warnings.length === 0).toBe(false);
    }
    // Nothing beyond one sentence is wrong, except Estonian, whose own letters are rare.
    expect(wrong.filter((name) => !name.endsWith("short") && !name.startsWith("Estonian"))).toEqual([]);
    expect(wrong.length).toBeLessThan(cases.length * 0.03);
  }, 120_000);

  it.each(["iso-2022-jp", "johab", "cp855", "cp866", "iso-8859-5", "iso-8859-6", "koi8-r", "maccyrillic"])(
    "%s is told and named",
    async (encoding) => {
      const found = cases.find((each) => each.encoding === encoding && each.variant === "long");
      const { text, warnings } = await decodeText(found?.bytes ?? Buffer.alloc(0));
      expect(text).toBe(found?.content);
      expect(warnings).toEqual([
        `the text is not UTF-8; it was read as ${encoding}, which is a guess; save it as UTF-8 to be sure`,
      ]);
    },
  );
});

describe("a few words", () => {
  it.each([
    ["Müller;Köln\n", "windows-1252"],
    ["Größe: 5 °C", "windows-1252"],
    ["é", "windows-1252"],
    ["José,Peña\nZoë,Núñez\n", "windows-1252"],
    ["TÉLÉPHONE: ÎLE\nÀ PARIS", "windows-1252"],
    ["Łódź", "windows-1250"],
    ["Привет", "windows-1251"],
    ["Привет, мир", "koi8-r"],
  ])("%j in %s", async (text, encoding) => {
    expect((await decodeText(iconv.encode(text, encoding))).text).toBe(text);
  });
});

describe("Johab", () => {
  it.each([
    // Bytes of another implementation.
    ["도서관", "95a1ace189c5"],
  ])("%s", async (text, hex) => {
    expect((await decoderOf("johab"))?.(Buffer.from(hex, "hex"))).toBe(text);
  });
});

describe("an encoding that is named", () => {
  it("is taken whatever the text looks like, without a warning", async () => {
    const bytes = iconv.encode("naïve café", "windows-1252");
    expect(await decodeTextAs(bytes, "CP1252")).toEqual({ text: "naïve café", encoding: "CP1252", warnings: [] });
    expect((await decodeTextAs(Buffer.from("ä"), "latin1")).text).toBe("Ã¤");
  });

  it("yields to a byte order mark, and is not silent where bytes are not valid in it", async () => {
    expect((await decodeTextAs(Buffer.from("\uFEFFä"), "latin1")).text).toBe("ä");
    expect(await decodeTextAs(Buffer.from("4186ff42", "hex"), "shift_jis")).toMatchObject({
      warnings: [expect.stringMatching(/^bytes in \d places? are not valid shift_jis and show as \uFFFD$/)],
    });
  });

  it("has to exist", async () => {
    await expect(decodeTextAs(Buffer.from("x"), "klingon")).rejects.toMatchObject({ code: "unknown-encoding" });
  });
});
