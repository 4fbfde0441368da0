/**
 * About how many tokens a text has, rather too many than too few: batches are filled by it, and a batch that is too
 * large is refused whole. ASCII text has a token for 3 to 4 characters, other alphabets for about 1, and Chinese,
 * Japanese, Korean, Thai and rarer scripts more than one token a character in most tokenizers.
 */
export function estimateTokens(text: string): number {
  let ascii = 0;
  let alphabetic = 0;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code < 0x80) ascii++;
    else if (code < 0x800) alphabetic++;
  }
  const others = text.length - ascii - alphabetic;
  return Math.ceil(ascii / 3 + alphabetic + others * 1.5);
}
