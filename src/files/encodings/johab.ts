/**
 * Johab (KS C 5601-1992, annex 3), the encoding of Korean DOS: two bytes hold the numbers of a syllable's initial, vowel
 * and final, five bits each. Signs and Hanja are those of KS X 1001, at other places. No library decodes it.
 */

/** Number of the jamo for each value of the five bits; -1: none, -2: the value stands for no letter. */
const initials = [-2, -1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18];
const vowels = [
  -2, -2, -1, 0, 1, 2, 3, 4, -2, -2, 5, 6, 7, 8, 9, 10, -2, -2, 11, 12, 13, 14, 15, 16, -2, -2, 17, 18, 19, 20,
];
const finals = [
  -2, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, -2, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27,
];

/** Letters that stand alone, in the order of the numbers above. */
const loneInitials = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ";
const loneVowels = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ";
const loneFinals = "ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ";

/**
 * Decodes Johab; what is not valid becomes U+FFFD. `decodeWansung` decodes the bytes of a sign or Hanja in EUC-KR.
 */
export function decodeJohab(bytes: Uint8Array, decodeWansung: (bytes: Uint8Array) => string): string {
  const parts: string[] = [];
  for (let at = 0; at < bytes.length; at += 1) {
    const lead = bytes[at] ?? 0;
    if (lead < 0x80) {
      parts.push(lead === 0x5c ? "\\" : String.fromCharCode(lead));
      continue;
    }
    const trail = bytes[at + 1] ?? 0;
    const character = isTrail(trail) ? (syllable((lead << 8) | trail) ?? sign(lead, trail, decodeWansung)) : null;
    parts.push(character ?? "\uFFFD");
    if (character !== null) at += 1;
  }
  return parts.join("");
}

function isTrail(byte: number): boolean {
  return (byte >= 0x31 && byte <= 0x7e) || (byte >= 0x81 && byte <= 0xfe);
}

function syllable(code: number): string | null {
  const initial = initials[(code >> 10) & 31] ?? -2;
  const vowel = vowels[(code >> 5) & 31] ?? -2;
  const final = finals[code & 31] ?? -2;
  if (code < 0x8441 || code > 0xd3bd || initial === -2 || vowel === -2 || final === -2) return null;
  if (initial >= 0 && vowel >= 0) return String.fromCharCode(0xac00 + (initial * 21 + vowel) * 28 + final);
  if (initial >= 0 && final === 0) return loneInitials[initial] ?? null;
  if (vowel >= 0 && final === 0) return loneVowels[vowel] ?? null;
  return initial < 0 && vowel < 0 && final > 0 ? (loneFinals[final - 1] ?? null) : null;
}

/** A lead byte of Johab covers two rows of KS X 1001. */
function sign(lead: number, trail: number, decodeWansung: (bytes: Uint8Array) => string): string | null {
  const isSign = lead >= 0xd9 && lead <= 0xde;
  if (!isSign && !(lead >= 0xe0 && lead <= 0xf9)) return null;
  const isSecond = trail >= 0xa1;
  if (!isSecond && trail > 0x7e && trail < 0x91) return null;
  const row = (isSign ? (lead - 0xd9) * 2 + 0xa1 : (lead - 0xe0) * 2 + 0xca) + (isSecond ? 1 : 0);
  const cell = isSecond ? trail : trail < 0x7f ? trail + 0x70 : trail + 0x5e;
  const character = decodeWansung(Uint8Array.of(row, cell));
  return [...character].length === 1 ? character : null;
}
