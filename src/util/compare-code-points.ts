/**
 * Compares by code point, which is the order of UTF-8 bytes: negative, zero or positive. JavaScript's own `<` compares
 * UTF-16 units, which sorts the characters above U+FFFF below U+E000.
 */
export function compareCodePoints(left: string, right: string): number {
  const limit = Math.min(left.length, right.length);
  for (let index = 0; index < limit; index++) {
    if (left[index] === right[index]) continue;
    return codePointRank(left.charCodeAt(index)) - codePointRank(right.charCodeAt(index));
  }
  return left.length - right.length;
}

function codePointRank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}
