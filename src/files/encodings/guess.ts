import { openLanguageLikeness } from "../../text/language-likeness.ts";
import { decoderOf } from "./decoders.ts";
import type { Decode } from "./decoders.ts";
import { signsInDailyUse } from "./common-signs.ts";
import type { commonSigns } from "./common-signs.ts";
import { likelihoodBy } from "./likelihood.ts";
import type { Likelihood } from "./likelihood.ts";

/** A reading of bytes in some encoding. */
export interface Guess {
  encoding: string;
  text: string;
  /** Its likelihood, about 1 at most. */
  score: number;
}

/** How often files are written in an encoding: what a few bytes say is not enough to believe in a rare one. */
const spread = { usual: 0, common: 0.45, rare: 0.9 } as const;

interface Candidate {
  encoding: string;
  spread: keyof typeof spread;
  /** Added to its likelihood, however long the text is: decides between encodings that differ in few signs. */
  preference: number;
  /** Of East Asia: the set in which the signs in daily use are told from the others. */
  common?: keyof typeof commonSigns;
}

const candidates: readonly Candidate[] = [
  { encoding: "windows-1252", spread: "usual", preference: 0 },
  ...["1250", "1251", "1253", "1254", "1255", "1256", "1257"].map((page) => common(`windows-${page}`)),
  rare("cp874", 0),
  { ...common("cp932"), common: "euc-jp" },
  { ...common("gb18030"), common: "gb18030" },
  { ...common("euc-jp"), common: "euc-jp" },
  { ...common("big5hkscs"), common: "big5hkscs" },
  // It has fewer signs than Chinese: a text whose signs all fit is hardly there by accident.
  { ...common("cp949"), preference: 0.05, common: "cp949" },
  { ...rare("johab", -0.02), common: "cp949" },
  ...["2", "5", "6", "7", "9", "13", "15"].map((part) => rare(`iso-8859-${part}`, -0.003)),
  { ...common("koi8-r"), preference: 0 },
  rare("koi8-u", -0.003),
  rare("maccyrillic", -0.005),
  rare("macroman", -0.02),
  ...["866", "855", "850", "852"].map((page) => rare(`cp${page}`, -0.03)),
];

function common(encoding: string): Candidate {
  return { encoding, spread: "common", preference: 0 };
}

function rare(encoding: string, preference: number): Candidate {
  return { encoding, spread: "rare", preference };
}

/** Bytes of a text that are looked at. */
const sampleBytes = 4000;
/** Share of the characters beyond ASCII that may be invalid: a file that was damaged, or joined of two. */
const maxInvalidShare = 0.02;

/** Score below which bytes are not text in that encoding. A few words score about 0. */
const minScore = -0.5;

interface Reader {
  candidate: Candidate;
  decode: Decode;
  common: ReadonlySet<string> | null;
}

let readers: Promise<Reader[]> | null = null;
let likelihood: Promise<Likelihood> | null = null;

/** How likely a text is, as `guessEncoding` measures it. */
export async function textLikelihood(): Promise<Likelihood> {
  likelihood ??= openLanguageLikeness().then(likelihoodBy);
  return likelihood;
}

/**
 * Reads a text in the encoding in which it is most likely what someone wrote; `null` where it is not in any. Invalid
 * bytes become U+FFFD, where a few of them are the only flaw.
 */
export async function guessEncoding(bytes: Uint8Array): Promise<Guess | null> {
  readers ??= openReaders();
  const measure = await textLikelihood();
  const sample = sampleOf(bytes);
  const evidence = sample.filter((byte) => byte > 0x7f).length;
  const rated: { reader: Reader; score: number }[] = [];
  const seen = new Set<string>();
  for (const reader of await readers) {
    const text = reader.decode(sample);
    if (seen.has(text)) continue;
    seen.add(text);
    const share = invalidShare(text);
    if (share > maxInvalidShare) continue;
    const likely = measure(text.replaceAll("\uFFFD", " "), reader.common);
    if (likely <= minScore) continue;
    const { candidate } = reader;
    const doubt = spread[candidate.spread] / evidence ** 2 + (share > 0 ? 0.1 : 0);
    // What prefers one of two close readings grows with the text, too.
    const preference = candidate.preference * Math.min(1, evidence / 20);
    rated.push({ reader, score: likely + preference - doubt });
  }
  for (const { reader, score } of rated.toSorted((a, b) => b.score - a.score)) {
    const text = reader.decode(bytes);
    if (invalidShare(text) <= maxInvalidShare) return { encoding: reader.candidate.encoding, text, score };
  }
  return null;
}

async function openReaders(): Promise<Reader[]> {
  return Promise.all(
    candidates.map(async (candidate) => {
      const decode = await decoderOf(candidate.encoding);
      if (decode === null) throw new Error(`no decoder for ${candidate.encoding}`);
      const { common } = candidate;
      return { candidate, decode, common: common === undefined ? null : await signsInDailyUse([common]) };
    }),
  );
}

/** Lines that have bytes beyond ASCII, from all over the text. A line feed is no part of a character in any candidate. */
function sampleOf(bytes: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [];
  let length = 0;
  for (let start = 0; start < bytes.length && length < sampleBytes;) {
    const found = bytes.indexOf(0x0a, start);
    const end = found === -1 ? bytes.length : found + 1;
    const line = bytes.subarray(start, end);
    if (line.some((byte) => byte > 0x7f)) {
      parts.push(line);
      length += line.length;
    }
    start = end;
  }
  const sample = Buffer.concat(parts);
  // A text in one long line is cut; the character that may be cut in two is within what is tolerated.
  return sample.length > sampleBytes * 4 ? sample.subarray(0, sampleBytes * 4) : sample;
}

function invalidShare(text: string): number {
  const invalid = text.split("\uFFFD").length - 1;
  if (invalid === 0) return 0;
  return invalid / (text.match(/[\u0080-\uFFFF]/g)?.length ?? 1);
}
