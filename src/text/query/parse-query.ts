/** What a query says by its words and signs. */
export interface ParsedQuery {
  /** The query without its signs and without what it excludes: what is looked for. Never empty for a query that is not. */
  text: string;
  /** What has to stand in a passage word for word. */
  phrases: string[];
  /** What a passage must not hold. */
  excluded: string[];
}

/** An opening quote stands at the start or behind white space, so that `5"` opens nothing; `-"…"` excludes. */
const phrase = /(?<=^|[\s(])(-?)(?:"([^"]*)"|[“„]([^“”„]*)[”“])(?=$|[\s\p{P}])/gu;
/**
 * A hyphen at the start or behind white space, and a word of at least two characters that begins with a letter: `v-if`,
 * `--max-old-space-size`, `-5` and the option `-g` exclude nothing.
 */
const exclusion = /(?<=^|\s)-(\p{L}[\p{L}\p{N}\p{M}][^\s"“”„]*|\p{L}(?=[-.:_@][\p{L}\p{N}])[^\s"“”„]*)(?=$|\s)/gu;

const hasWord = /[\p{L}\p{N}]/u;

/** A question in natural language, in which quotation marks and hyphens mean what they mean in a text. */
export function plainQuery(text: string): ParsedQuery {
  return { text, phrases: [], excluded: [] };
}

/**
 * Reads `"a phrase"`, `-word` and `-"a phrase"` out of a query. A query that would say nothing but what to leave out is
 * taken for plain words, and so are signs that are not closed.
 */
export function parseQuery(query: string): ParsedQuery {
  const phrases: string[] = [];
  const excluded: string[] = [];
  const take = (list: string[], text: string, shown: string): string => {
    if (!hasWord.test(text)) return " ";
    list.push(text.trim());
    return shown;
  };
  const text = query
    .replaceAll(phrase, (_, minus: string, straight?: string, curly?: string) => {
      const inside = straight ?? curly ?? "";
      return minus === "" ? take(phrases, inside, inside) : take(excluded, inside, " ");
    })
    .replaceAll(exclusion, (_, word: string) => take(excluded, word, " "));
  const positive = text.replaceAll(/\s+/g, " ").trim();
  if (!hasWord.test(positive)) return plainQuery(query);
  return { text: phrases.length + excluded.length === 0 ? query : positive, phrases, excluded };
}
