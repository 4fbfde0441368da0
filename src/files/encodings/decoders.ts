import type iconv from "iconv-lite";
import { decodeJohab } from "./johab.ts";

type Iconv = typeof iconv;

/** Turns bytes into text; what is not valid becomes U+FFFD. */
export type Decode = (bytes: Uint8Array) => string;

/** ISO 2022 for Korean and HZ for Chinese: seven bits, and signs that switch to two-byte characters. */
const switched: Readonly<Record<string, { into: RegExp; base: string }>> = {
  // ESC $ ) C, on a line of its own, names the set; shift out begins two-byte characters, shift in ends them.
  "iso-2022-kr": { into: /\u001B\$\)C\n?|\u000E([^\u000F]*)(?:\u000F|$)/g, base: "euc-kr" },
  // ~{ begins them, ~} ends them, ~~ is a tilde, ~ at a line's end continues it.
  "hz-gb-2312": { into: /~\{([^\n]*?)~\}|~(~)|~\n/g, base: "gb18030" },
};

/**
 * The decoder of an encoding, by any of its usual names; `null` where there is none. `iconv-lite` decodes, not
 * `TextDecoder`: in Node 20 the latter reads windows-1252 as ISO 8859-1 (no quotation marks, no euro sign), and has neither
 * all of cp949 nor of big5hkscs. It is used for ISO-2022-JP, which `iconv-lite` lacks.
 */
export async function decoderOf(encoding: string): Promise<Decode | null> {
  const { default: iconv } = await import("iconv-lite");
  const name = encoding.trim().toLowerCase().replaceAll("_", "-");
  if (/^(?:iso-?2022-?jp(?:-\w+)?|csiso2022jp)$/.test(name)) {
    const decoder = new TextDecoder("iso-2022-jp");
    return (bytes) => decoder.decode(bytes);
  }
  if (/^(?:johab|cp-?1361|ms-?1361)$/.test(name)) {
    return (bytes) => decodeJohab(bytes, (pair) => iconv.decode(Buffer.from(pair), "euc-kr"));
  }
  const plain = switched[name === "hz" ? "hz-gb-2312" : name];
  if (plain !== undefined) return (bytes) => decodeSwitched(bytes, plain, iconv);
  const known = [encoding, aliases[name] ?? name].find((candidate) => iconv.encodingExists(candidate));
  return known === undefined ? null : (bytes) => iconv.decode(Buffer.from(bytes), known);
}

/**
 * The decoder of an encoding that a web page or its server names, as browsers take the name: `iso-8859-1` is
 * windows-1252, with its quotation marks (https://encoding.spec.whatwg.org/#names-and-labels). `null` where there is none.
 */
export async function webDecoderOf(label: string): Promise<Decode | null> {
  try {
    return await decoderOf(new TextDecoder(label).encoding);
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

/** Names that other programs use. */
const aliases: Readonly<Record<string, string>> = {
  "shift-jis": "cp932",
  sjis: "cp932",
  "windows-31j": "cp932",
  "x-mac-cyrillic": "maccyrillic",
  "mac-cyrillic": "maccyrillic",
  "mac-roman": "macroman",
  macintosh: "macroman",
  ibm855: "cp855",
  ibm866: "cp866",
};

function decodeSwitched(bytes: Uint8Array, { into, base }: { into: RegExp; base: string }, iconv: Iconv): string {
  const text = Buffer.from(bytes).toString("latin1");
  if (/[\u0080-\u00FF]/.test(text)) return "\uFFFD";
  // After the groups of the pattern, the place of the match follows.
  return text.replaceAll(into, (_, pairs: string | undefined, tilde: unknown) => {
    if (pairs === undefined) return typeof tilde === "string" ? tilde : "";
    const high = Buffer.from(pairs, "latin1").map((byte) => (byte > 0x20 ? byte | 0x80 : byte));
    return iconv.decode(Buffer.from(high), base);
  });
}
