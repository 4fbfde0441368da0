/** Begins every encoded term. */
const sign = "zz";
/** Marks belong to words of many scripts, but not to what such a tokenizer takes for one. */
const plain = /^(?!zz)[\p{L}\p{N}]+$/u;
const digits = "0123456789abcdefghijklmnopqrstuv";

/**
 * A term in letters and digits alone, for engines whose only tokenizer splits at all other signs. Different terms stay
 * different: a term of letters and digits is itself, any other one is `zz` and the base 32 (RFC 4648, extended hex, small
 * letters, without padding) of its UTF-8 bytes.
 */
export function encodedTerm(term: string): string {
  if (plain.test(term)) return term;
  let encoded = sign;
  let bits = 0;
  let held = 0;
  for (const byte of new TextEncoder().encode(term)) {
    held = (held << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      encoded += digits.charAt((held >> bits) & 31);
    }
    held &= (1 << bits) - 1;
  }
  return bits === 0 ? encoded : encoded + digits.charAt((held << (5 - bits)) & 31);
}

/** Terms separated by spaces, each encoded. */
export function encodedTerms(terms: string): string {
  return terms.replaceAll(/\S+/g, encodedTerm);
}
