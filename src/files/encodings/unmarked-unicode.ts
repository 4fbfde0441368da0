import { signsInDailyUse } from "./common-signs.ts";
import { textLikelihood } from "./guess.ts";
import type { Guess } from "./guess.ts";

/** Likelihood from which UTF-16 is believed without a mark: bytes of another kind give letters of all scripts. */
const minLikelihood = 0.5;

/**
 * UTF-16 or UTF-32 without a byte order mark, in any script; `null` where the bytes are neither. Latin text in UTF-16 is
 * told by its NULs alone.
 */
export async function readUnmarkedUnicode(bytes: Uint8Array): Promise<Guess | null> {
  if (bytes.length < 4 || bytes.length % 2 !== 0) return null;
  const wide = readUtf32(bytes);
  if (wide !== null) return wide;
  const byNuls = latinUtf16(bytes);
  if (byNuls !== null) return decodeStrictly(bytes, byNuls, 1);
  // One long read of a megabyte says no more than its beginning.
  const sample = bytes.subarray(0, 8000);
  const [measure, common] = await Promise.all([textLikelihood(), signsInDailyUse()]);
  const rated = ["utf-16le", "utf-16be"].map((encoding) => {
    const text = decodeStrictly(sample, encoding, 0)?.text ?? "";
    return { encoding, score: text === "" || hasControls(text) ? 0 : measure(text, common) };
  });
  const [best] = rated.toSorted((a, b) => b.score - a.score);
  return best === undefined || best.score < minLikelihood ? null : decodeStrictly(bytes, best.encoding, best.score);
}

/** Four bytes a character, the first (or last) of them 0, the second small: nothing else looks like it. */
function readUtf32(bytes: Uint8Array): Guess | null {
  if (bytes.length % 4 !== 0) return null;
  for (const littleEndian of [true, false]) {
    const text = decodeUtf32(bytes, littleEndian);
    if (!text.includes("\uFFFD") && !text.includes("\0")) {
      return { encoding: littleEndian ? "utf-32le" : "utf-32be", text, score: 1 };
    }
  }
  return null;
}

/** Decodes UTF-32; what is no character becomes U+FFFD. */
export function decodeUtf32(bytes: Uint8Array, littleEndian: boolean): string {
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
function latinUtf16(bytes: Uint8Array): string | null {
  if (!bytes.includes(0)) return null;
  let even = 0;
  let odd = 0;
  for (let index = 0; index < bytes.length; index += 2) {
    if (bytes[index] === 0) even += 1;
    if (bytes[index + 1] === 0) odd += 1;
  }
  const units = bytes.length / 2;
  if (even === 0 && odd > units / 10) return "utf-16le";
  return odd === 0 && even > units / 10 ? "utf-16be" : null;
}

function decodeStrictly(bytes: Uint8Array, encoding: string, score: number): Guess | null {
  try {
    return { encoding, text: new TextDecoder(encoding, { fatal: true, ignoreBOM: true }).decode(bytes), score };
  } catch {
    return null;
  }
}

function hasControls(text: string): boolean {
  return /[\u0000-\u0008\u000E-\u001A\u001C-\u001F\u007F\uFFFE\uFFFF]/.test(text);
}
