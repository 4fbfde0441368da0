import { decoderOf } from "./decoders.ts";

/** First and last lead byte, first and last trail byte. */
type Area = readonly [firstLead: number, lastLead: number, firstTrail: number, lastTrail: number];

/**
 * Where the encodings of East Asia have the signs that are in daily use: Han of level 1 (GB 2312, JIS X 0208, Big5), the
 * syllables of KS X 1001, and kana. Kana that stand among the signs of a Chinese or Korean set are in no text of theirs.
 */
export const commonSigns = {
  "euc-jp": [
    [0xa4, 0xa5, 0xa1, 0xfe],
    [0xb0, 0xcf, 0xa1, 0xfe],
  ],
  gb18030: [[0xb0, 0xd7, 0xa1, 0xfe]],
  big5hkscs: [[0xa4, 0xc6, 0x40, 0xfe]],
  cp949: [[0xb0, 0xc8, 0xa1, 0xfe]],
} as const satisfies Readonly<Record<string, readonly Area[]>>;

type Encoding = keyof typeof commonSigns;

const found = new Map<Encoding, Promise<readonly string[]>>();

/** The signs in daily use of these encodings; of all, where none is named. */
export async function signsInDailyUse(encodings?: readonly Encoding[]): Promise<ReadonlySet<string>> {
  const named = encodings ?? (Object.keys(commonSigns) as Encoding[]);
  const signs = await Promise.all(
    named.map((encoding) => {
      const known = found.get(encoding) ?? signsOf(encoding);
      found.set(encoding, known);
      return known;
    }),
  );
  return new Set(signs.flat());
}

async function signsOf(encoding: Encoding): Promise<readonly string[]> {
  const decode = await decoderOf(encoding);
  if (decode === null) throw new Error(`no decoder for ${encoding}`);
  const signs: string[] = [];
  for (const [firstLead, lastLead, firstTrail, lastTrail] of commonSigns[encoding]) {
    for (let lead = firstLead; lead <= lastLead; lead += 1) {
      for (let trail = firstTrail; trail <= lastTrail; trail += 1) {
        const sign = decode(Uint8Array.of(lead, trail));
        if (sign.length === 1 && sign !== "\uFFFD") signs.push(sign);
      }
    }
  }
  return signs;
}
