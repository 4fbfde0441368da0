import { defaultConfig } from "./default-config.ts";
import { type Values, isValues } from "./values.ts";

/** The default overlaps suit the default sizes; where only a size is given, its overlap shrinks with it. */
export function fitOverlaps(values: Values): Values {
  const { chunking } = values;
  if (!isValues(chunking)) return values;
  const { maxChars, overlapChars, sentences, sentenceOverlap } = chunking;
  const fitted: Values = { ...chunking };
  const defaults = defaultConfig().chunking;
  const isSize = typeof maxChars === "number" && maxChars > 0;
  if (overlapChars === undefined && isSize && maxChars < defaults.maxChars) {
    fitted["overlapChars"] = Math.floor((maxChars / defaults.maxChars) * defaults.overlapChars);
  }
  if (sentenceOverlap === undefined && sentences === 1) fitted["sentenceOverlap"] = 0;
  return { ...values, chunking: fitted };
}
