import type { Language } from "./language.ts";
import { normalized } from "../normalized.ts";

const notAscii = /[^\0-\x7f]/;

/** Small Latin letters that Unicode does not take apart into a letter and a mark, as plain letters. */
export const plainLetters: Record<string, string> = {
  ß: "ss",
  æ: "ae",
  œ: "oe",
  ø: "o",
  ł: "l",
  đ: "d",
  ð: "d",
  þ: "th",
  ħ: "h",
  ı: "i",
  ŋ: "n",
};

/** The letters and marks of `plainLetters`, and marks above or below a Latin or Greek letter. */
const foldable = /[ßæœøłđðþħıŋ]|(?<=[\p{Script=Latin}\p{Script=Greek}])\p{Mn}+/gu;

/** A word in lower case without its accents: `café` → `cafe`, `øre` → `ore`. Other scripts keep their marks. */
export function withoutAccents(word: string): string {
  if (!notAscii.test(word)) return word;
  return normalized(word, "NFD")
    .replaceAll(foldable, (sign) => plainLetters[sign] ?? "")
    .normalize("NFC");
}

/** The zeros of the scripts whose digits are written beside European ones; nine more digits follow each. */
const zeros = [
  0x660, 0x6f0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xe50, 0xed0, 0x1040, 0x17e0,
];

function digit(sign: string): string {
  const code = sign.codePointAt(0) ?? 0;
  const zero = zeros.find((zero) => code >= zero && code <= zero + 9);
  return zero === undefined ? sign : String(code - zero);
}

/** Vowel signs and the stretching sign of Arabic script, points of Hebrew: few writers set them. */
const optionalMarks = /\u0640|[\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u064b-\u065f\u0670]/gu;

/**
 * One spelling of what is written in several ways, before a word is stemmed: small letters, European digits, composed
 * and narrow characters; Arabic without vowel signs and with one form of alef; Persian with its own yeh and kaf;
 * Russian without ё; German with `ae`, `oe`, `ue` as `a`, `o`, `u` (Lucene's GermanNormalizationFilter).
 */
export function normalizedWord(word: string, language: Language): string {
  if (!notAscii.test(word)) {
    return language === "de" ? germanVowels(word.toLowerCase()) : word.toLowerCase();
  }
  const small = language === "tr" ? word.toLocaleLowerCase("tr") : word.toLowerCase();
  const text = normalized(small, "NFKC")
    // The lower case of İ is an i with a dot above it, outside Turkish.
    .replaceAll("i\u0307", "i")
    .replaceAll(/(?![0-9])\p{Nd}/gu, digit)
    .replaceAll(optionalMarks, "");
  switch (language) {
    case "de":
      return germanVowels(withoutAccents(text));
    case "ru":
      return text.replaceAll("ё", "е");
    case "ar":
      // `wa` (and) is written together with the article that follows it.
      return text.replaceAll(/[أإآٱ]/g, "ا").replace(/^و(?=ال..)/, "");
    case "fa":
      return text
        .replaceAll(/[أإآٱ]/g, "ا")
        .replaceAll(/[يى]/g, "ی")
        .replaceAll("ك", "ک")
        .replaceAll(/[ةۀ]/g, "ه");
    default:
      return text;
  }
}

/** `ue` stays after a vowel (`neue`) and after q (`quelle`). */
function germanVowels(word: string): string {
  return /[aou]e/.test(word) ? word.replaceAll(/([ao])e|(?<![aeiouyq])ue/g, (_, vowel?: string) => vowel ?? "u") : word;
}
