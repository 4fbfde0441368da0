import { isUtf8 } from "node:buffer";
import { UserError } from "../errors.ts";
import { decoderOf } from "./encodings/decoders.ts";
import type { Decode } from "./encodings/decoders.ts";
import { guessEncoding } from "./encodings/guess.ts";
import type { Guess } from "./encodings/guess.ts";
import { decodeUtf32, readUnmarkedUnicode } from "./encodings/unmarked-unicode.ts";
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

/** Sequences that begin a stretch of two-byte characters, each with its encoding. HZ's has to enclose whole characters. */
const escapes: readonly (readonly [RegExp, string])[] = [
  [/\u001B(?:\$[@B]|\$\(D|\(J)/, "iso-2022-jp"],
  [/\u001B\$\)C/, "iso-2022-kr"],
  [/~\{(?:[!-w][!-~]){2,}~\}/, "hz-gb-2312"],
];

/** Share of control characters above which a file is not text. Any file may have a stray one. */
const maxControlShare = 0.02;

/** A text of UTF-8 with fewer damaged places than one in this many of its other non-ASCII characters is still UTF-8. */
const intactForOneDamaged = 10;

/**
 * Decodes a text file: Unicode by its byte order mark, UTF-8 where it is valid, encodings with escape sequences by those,
 * and UTF-16, UTF-32 and all others by what gives the likeliest text, which is a warning that names the encoding.
 *
 * Throws `UserError` `not-text` for binary data and `unknown-encoding` where no guess gives a likely text.
 */
export async function decodeText(bytes: Uint8Array): Promise<DecodedText> {
  const decoded = decodeMarked(bytes) ?? (await decodeUnmarked(bytes));
  if (startsAsPdf(bytes) || controlShare(decoded.text) > maxControlShare) throw notText(bytes);
  return clean(decoded);
}

/**
 * Decodes a text in an encoding that the user names; a byte order mark is stronger. Bytes that are not valid in it are a
 * warning. Throws `UserError`: `unknown-encoding` where there is no encoding of this name.
 */
export async function decodeTextAs(bytes: Uint8Array, encoding: string): Promise<DecodedText> {
  const decoded = decodeMarked(bytes) ?? (await decodeAs(bytes, encoding));
  return clean(decoded);
}

/** Whether `decodeText` takes the bytes for text, as far as that can be told without guessing an encoding. */
export function looksLikeText(bytes: Uint8Array): boolean {
  if (startsAsPdf(bytes)) return false;
  const unicode = decodeMarked(bytes) ?? decodeUtf8(bytes);
  return unicode === null ? !isBinary(bytes) : controlShare(unicode.text) <= maxControlShare;
}

function decodeMarked(bytes: Uint8Array): DecodedText | null {
  const marked = byteOrderMarks.find(({ mark }) => mark.every((byte, index) => bytes[index] === byte));
  if (marked === undefined) return null;
  const { mark, encoding } = marked;
  const body = bytes.subarray(mark.length);
  const text = encoding.startsWith("utf-32")
    ? decodeUtf32(body, encoding === "utf-32le")
    : new TextDecoder(encoding, { ignoreBOM: true }).decode(body);
  return { text, encoding, warnings: replacementWarning(text, encoding.toUpperCase()) };
}

async function decodeUnmarked(bytes: Uint8Array): Promise<DecodedText> {
  const escaped = await decodeEscaped(bytes);
  if (escaped !== null) return { ...escaped, warnings: [assumed(escaped.encoding)] };
  const utf8 = decodeUtf8(bytes);
  // Valid UTF-8 with many NULs is UTF-16, of which half the bytes are ASCII.
  if (utf8 !== null && controlShare(utf8.text) <= maxControlShare) return utf8;
  const wide = await readUnmarkedUnicode(bytes);
  if (wide !== null && utf8 === null && !bytes.includes(0)) {
    // Two bytes of another encoding also make a character of UTF-16, though rarely a likely text.
    const legacy = isBinary(bytes) ? null : await guessEncoding(bytes);
    if (legacy !== null && legacy.score > wide.score) return guessed(legacy);
  }
  if (wide !== null) {
    const warnings = wide.score === 1 ? [] : [assumed(wide.encoding)];
    return { text: wide.text, encoding: wide.encoding, warnings };
  }
  if (utf8 !== null) return utf8;
  return decodeLegacy(bytes);
}

function decodeUtf8(bytes: Uint8Array): DecodedText | null {
  if (isUtf8(bytes)) return { text: new TextDecoder().decode(bytes), encoding: "utf-8", warnings: [] };
  return decodeDamagedUtf8(bytes);
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

async function decodeLegacy(bytes: Uint8Array): Promise<DecodedText> {
  if (isBinary(bytes)) throw notText(bytes);
  const guess = await guessEncoding(bytes);
  if (guess !== null) return guessed(guess);
  throw new UserError("unknown-encoding", "the text is not UTF-8, and its encoding cannot be told", {
    hint: "save the file as UTF-8, or name its encoding with --encoding",
  });
}

function guessed({ text, encoding }: Guess): DecodedText {
  return { text, encoding, warnings: [assumed(encoding), ...replacementWarning(text, encoding)] };
}

function assumed(encoding: string): string {
  return `the text is not UTF-8; it was read as ${encoding}, which is a guess; save it as UTF-8 to be sure`;
}

/** Seven-bit encodings that switch between sets of signs by sequences that no other text has. */
async function decodeEscaped(bytes: Uint8Array): Promise<{ text: string; encoding: string } | null> {
  if (!bytes.includes(0x1b) && !bytes.includes(0x7e)) return null;
  const start = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
  const found = escapes.find(([sign]) => sign.test(start));
  if (found === undefined) return null;
  const text = (await decoderOf(found[1]))?.(bytes) ?? "\uFFFD";
  return text.includes("\uFFFD") ? null : { text, encoding: found[1] };
}

/** The decoder of an encoding by its name. Throws `UserError` `unknown-encoding` where there is none. */
export async function requireEncoding(encoding: string): Promise<Decode> {
  const decode = await decoderOf(encoding);
  if (decode !== null) return decode;
  throw new UserError("unknown-encoding", `there is no encoding of the name ${encoding}`, {
    hint: "name one such as windows-1252, iso-8859-2, koi8-r, shift_jis, gb18030 or utf-16le",
  });
}

async function decodeAs(bytes: Uint8Array, encoding: string): Promise<DecodedText> {
  const text = (await requireEncoding(encoding))(bytes);
  return { text, encoding, warnings: replacementWarning(text, encoding) };
}

function replacementWarning(text: string, encoding: string): string[] {
  const replaced = count(text, "\uFFFD");
  return replaced > 0 ? [`bytes in ${places(replaced)} are not valid ${encoding} and show as \uFFFD`] : [];
}

/** NUL occurs in no legacy encoding of a text. */
function isBinary(bytes: Uint8Array): boolean {
  return bytes.includes(0) || controlShare(Buffer.from(bytes.subarray(0, 65_536)).toString("latin1")) > maxControlShare;
}

/** Control characters that no text has: all but tab, line feed, vertical tab, form feed, carriage return and escape. */
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
