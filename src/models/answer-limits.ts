/**
 * What a model server's answer may take. A server that is broken, or hostile, is refused with the limit's number before
 * it fills the memory; each limit is several times what real models send.
 */
export const answerLimits = {
  /** Bytes of an answer after decompression. A stream of 128,000 tokens takes 40 MB. */
  bytes: 64_000_000,
  /** Bytes of an answer that comes in one piece, and is held as a whole. */
  wholeBytes: 8_000_000,
  /** Bytes of an answer that says what is wrong. */
  errorBytes: 1_000_000,
  /** Bytes of a stream without a word of the answer or the thinking: comments, empty events, one that does not end. */
  silentBytes: 1_000_000,
  /** Characters of the answer itself. */
  answerCharacters: 1_000_000,
  /** Characters of the thinking before it. */
  thinkingCharacters: 8_000_000,
  /** An answer that comes in pieces takes at most so many times as long as the server may stay silent. */
  timeouts: 10,
  /** Dimensions of a vector: the most that a store takes. */
  dimensions: 32_768,
} as const;

/** A number in JSON has at most 24 characters, and a comma and white space around it. */
const bytesPerValue = 32;

/** Bytes that an answer with so many vectors can have. `dimensions`: `null` where they are not known yet. */
export function embeddingBytes(texts: number, dimensions: number | null): number {
  return answerLimits.errorBytes + texts * (dimensions ?? answerLimits.dimensions) * bytesPerValue;
}

/** An answer has more bytes than it may have. */
export class AnswerTooLarge extends Error {
  constructor(maxBytes: number) {
    super(`the answer has more than the ${Number((maxBytes / 1e6).toFixed(1))} MB that are read of it`);
    this.name = "AnswerTooLarge";
  }
}
