import { detectLanguage } from "../../../text/analysis/detect-language.ts";
import type { Chunk } from "../../../types.ts";

/** Characters of a document that tell its language. */
const sampleChars = 10_000;

/** The language of a document, by the beginning of its chunks, so that it can be found again in what is stored. */
export async function documentLanguage(chunks: readonly Pick<Chunk, "text">[]): Promise<string> {
  let sample = "";
  for (const { text } of chunks) {
    sample += `${text}\n`;
    if (sample.length >= sampleChars) break;
  }
  return detectLanguage(sample);
}
