/** Marks in a row, of which no writing system needs more than a few, and another one behind them. */
const longRuns = /\p{M}{30}(?=\p{M})/gu;
/** U+034F, which joins nothing and is itself no mark to be put in order. */
const graphemeJoiner = "\u034f";

/**
 * A text in a normal form of Unicode, in time that is proportional to its length. Marks in a row are put in order, for
 * which the runtime takes the square of their number: a row of them is broken after every 30, as the Stream-Safe Text
 * Process does (UAX #15, section 13).
 */
export function normalized(text: string, form: "NFC" | "NFD" | "NFKC" | "NFKD"): string {
  return text.replaceAll(longRuns, `$&${graphemeJoiner}`).normalize(form);
}
