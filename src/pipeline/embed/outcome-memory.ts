/** A text's vector, or why this one text has none. */
export type EmbedOutcome =
  | { vector: Float32Array; /** It was kept from an earlier run. */ cached?: true }
  | { error: string };

/** Outcomes that are kept for texts that come again, e.g. a licence at the end of every page. */
const rememberedTexts = 512;

/** Outcomes by their text: of all texts under way, and of the last that are done, so that memory stays bounded. */
export interface OutcomeMemory {
  get(text: string): EmbedOutcome | Promise<EmbedOutcome> | undefined;
  set(text: string, outcome: Promise<EmbedOutcome>): Promise<EmbedOutcome>;
}

export function createOutcomeMemory(): OutcomeMemory {
  const underWay = new Map<string, Promise<EmbedOutcome>>();
  const done = new Map<string, EmbedOutcome>();
  return {
    get: (text) => done.get(text) ?? underWay.get(text),
    set(text, outcome) {
      const remembered = outcome.then((settled) => {
        underWay.delete(text);
        done.set(text, settled);
        const oldest = done.size > rememberedTexts ? done.keys().next().value : undefined;
        if (oldest !== undefined) done.delete(oldest);
        return settled;
      });
      underWay.set(text, remembered);
      return remembered;
    },
  };
}
