import { isUtf8 } from "node:buffer";
import { UserError } from "../errors.ts";
import { describeBinary, startsAsPdf } from "./sniff.ts";

/** A file's bytes as text. */
export interface DecodedText {
  /** Well-formed Unicode without a byte order mark and without NUL; lines end with `\n`. */
  text: string;
  /** The encoding it was in, e.g. `utf-8`, `windows-1252`. */
  encoding: string;
  /** One sentence each: an encoding that had to be guessed, bytes that were replaced. */
  warnings: string[];
}

const byteOrderMarks: readonly { mark: readonly number[]; encoding: string }[] = [
  { mark: [0xef, 0xbb, 0xbf], encoding: "utf-8" },
  { mark: [0xff, 0xfe, 0x00, 0x00], encoding: "utf-32le" },
  { mark: [0x00, 0x00, 0xfe, 0xff], encoding: "utf-32be" },
  { mark: [0xff, 0xfe], encoding: "utf-16le" },
  { mark: [0xfe, 0xff], encoding: "utf-16be" },
];

/**
 * What a text without Unicode may be in: the code pages of Windows, the multi-byte encodings of East Asia, and those
 * of Unix and the classic Mac that are still met. Leaving out DOS and the mainframes makes guesses on short texts better.
 */
const legacyEncodings = (
  "windows-1250 windows-1251 windows-1252 windows-1253 windows-1254 windows-1255 windows-1256 windows-1257 windows-1258 " +
  "cp874 cp932 euc-jp gb18030 big5hkscs cp949 iso8859-2 koi8-r koi8-u mac-cyrillic mac-roman"
).split(" ");

/** Share of control characters above which something is no text. A stray one is tolerated in any file. */
const maxControlShare = 0.02;

/** A text of UTF-8 with fewer damaged places than one in this many of its other non-ASCII characters is still UTF-8. */
const intactForOneDamaged = 10;

/**
 * Decodes a text file: Unicode by its byte order mark, UTF-16 by its pattern of NULs, UTF-8 where it is valid, and a
 * legacy encoding by guess otherwise, which is a warning.
 *
 * Throws `UserError` `not-text` for binary data and `unknown-encoding` where no guess gives a clean text.
 */
export async function decodeText(bytes: Uint8Array): Promise<DecodedText> {
  const unicode = decodeUnicode(bytes);
  const decoded = unicode ?? (await decodeLegacy(bytes));
  if (startsAsPdf(bytes) || controlShare(decoded.text) > maxControlShare) throw notText(bytes);
  return clean(decoded);
}

/** Whether `decodeText` takes the bytes for text, as far as that can be told without guessing an encoding. */
export function looksLikeText(bytes: Uint8Array): boolean {
  if (startsAsPdf(bytes)) return false;
  const unicode = decodeUnicode(bytes);
  return unicode === null ? !isBinary(bytes) : controlShare(unicode.text) <= maxControlShare;
}

function decodeUnicode(bytes: Uint8Array): DecodedText | null {
  const marked = byteOrderMarks.find(({ mark }) => mark.every((byte, index) => bytes[index] === byte));
  if (marked !== undefined) return decodeMarked(bytes.subarray(marked.mark.length), marked.encoding);
  const utf16 = unmarkedUtf16(bytes);
  if (utf16 !== null) return utf16;
  if (isUtf8(bytes)) return { text: new TextDecoder().decode(bytes), encoding: "utf-8", warnings: [] };
  return decodeDamagedUtf8(bytes);
}

function decodeMarked(bytes: Uint8Array, encoding: string): DecodedText {
  const text = encoding.startsWith("utf-32")
    ? decodeUtf32(bytes, encoding === "utf-32le")
    : new TextDecoder(encoding, { ignoreBOM: true }).decode(bytes);
  const replaced = count(text, "\uFFFD");
  const warnings =
    replaced > 0 ? [`bytes in ${places(replaced)} are not valid ${encoding.toUpperCase()} and show as \uFFFD`] : [];
  return { text, encoding, warnings };
}

function decodeUtf32(bytes: Uint8Array, littleEndian: boolean): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const characters: string[] = [];
  for (let offset = 0; offset + 4 <= bytes.length; offset += 4) {
    const code = view.getUint32(offset, littleEndian);
    const isCharacter = code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
    characters.push(isCharacter ? String.fromCodePoint(code) : "\uFFFD");
  }
  return characters.join("");
}

/** Latin text in UTF-16 has a NUL in every other byte, all on the same side. */
function unmarkedUtf16(bytes: Uint8Array): DecodedText | null {
  if (bytes.length < 4 || bytes.length % 2 !== 0 || !bytes.includes(0)) return null;
  let even = 0;
  let odd = 0;
  for (let index = 0; index < bytes.length; index += 2) {
    if (bytes[index] === 0) even += 1;
    if (bytes[index + 1] === 0) odd += 1;
  }
  const units = bytes.length / 2;
  const encoding = even === 0 && odd > units / 10 ? "utf-16le" : odd === 0 && even > units / 10 ? "utf-16be" : null;
  if (encoding === null) return null;
  try {
    return { text: new TextDecoder(encoding, { fatal: true }).decode(bytes), encoding, warnings: [] };
  } catch {
    return null;
  }
}

/** A UTF-8 file with a few bad bytes (cut in the middle of a character, two files joined) is better read as it is. */
function decodeDamagedUtf8(bytes: Uint8Array): DecodedText | null {
  if (isBinary(bytes)) return null;
  const text = new TextDecoder().decode(bytes);
  const replaced = count(text, "\uFFFD");
  const intact = text.match(/[\u0080-\uFFFC]/g)?.length ?? 0;
  if (intact < replaced * intactForOneDamaged) return null;
  return {
    text,
    encoding: "utf-8",
    warnings: [`bytes in ${places(replaced)} are not valid UTF-8 and show as \uFFFD`],
  };
}

/**
 * `iconv-lite` decodes, not `TextDecoder`: in Node 20 the latter reads windows-1252 as ISO 8859-1 (no quotation marks, no
 * euro sign), and has neither all of cp949 nor of big5hkscs.
 */
async function decodeLegacy(bytes: Uint8Array): Promise<DecodedText> {
  if (isBinary(bytes)) throw notText(bytes);
  const [{ default: jschardet }, { default: iconv }] = await Promise.all([import("jschardet"), import("iconv-lite")]);
  const guess = jschardet.detect(bytes, { detectEncodings: legacyEncodings }).encoding?.toLowerCase() ?? "windows-1252";
  const text = iconv.encodingExists(guess) ? iconv.decode(Buffer.from(bytes), guess) : "\uFFFD";
  if (text.includes("\uFFFD")) {
    throw new UserError("unknown-encoding", "the text is not UTF-8, and its encoding cannot be told", {
      hint: "save the file as UTF-8",
    });
  }
  const warnings = [`the text is not UTF-8; it was read as ${guess}, which is a guess; save it as UTF-8 to be sure`];
  return { text, encoding: guess, warnings };
}

/** NUL occurs in no legacy encoding of a text. */
function isBinary(bytes: Uint8Array): boolean {
  return bytes.includes(0) || controlShare(Buffer.from(bytes.subarray(0, 65_536)).toString("latin1")) > maxControlShare;
}

/** Control characters that no text has: all but tab, line feed, vertical tab, form feed, carriage return and escape. */
// oxlint-disable-next-line no-control-regex
export const strayControls = /[\u0000-\u0008\u000E-\u001A\u001C-\u001F\u007F]/g;

/** Share of the characters that no text has. */
function controlShare(text: string): number {
  if (text.length === 0) return 0;
  const controls = text.match(strayControls)?.length ?? 0;
  return controls <= 1 && text.length > 8 ? 0 : controls / text.length;
}

function clean({ text, encoding, warnings }: DecodedText): DecodedText {
  const lines = text.includes("\r") ? text.replaceAll(/\r\n?/g, "\n") : text;
  const nuls = count(lines, "\0");
  if (nuls === 0) return { text: lines, encoding, warnings };
  const warning = `${nuls === 1 ? "a NUL character was" : `${nuls} NUL characters were`} replaced by a space`;
  return { text: lines.replaceAll("\0", " "), encoding, warnings: [...warnings, warning] };
}

function notText(bytes: Uint8Array): UserError {
  return new UserError("not-text", `the file is not text: it looks like ${describeBinary(bytes)}`, {
    hint: "give the file the extension of its format, or leave it out with --exclude",
  });
}

function places(number: number): string {
  return number === 1 ? "1 place" : `${number} places`;
}

function count(text: string, character: string): number {
  let found = 0;
  for (let at = text.indexOf(character); at !== -1; at = text.indexOf(character, at + 1)) found += 1;
  return found;
}
