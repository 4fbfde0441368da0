import type { Language } from "./language.ts";

const word = String.raw`[\p{L}\p{N}\p{M}]+`;

/**
 * Words with whatever joins them: `v-if`, `config.yaml`, `index_type`, `std::vector`, `don't`, `v2.4.6`, `C++`, `C#`.
 * A clause of a script without spaces is one token; `segmentedWords` finds its words.
 */
const tokens = new RegExp(String.raw`${word}(?:(?:::|_+|[-‐‑.:'’ʼ@])${word})*(?:\+\+(?!\+)|#(?![\p{L}\p{N}]))?`, "gu");

/** Every token of a text, in order. */
export function textTokens(text: string): string[] {
  // A soft hyphen is a place where a line may be broken, inside a word.
  return text.replaceAll("\u00ad", "").match(tokens) ?? [];
}

/** Scripts that are written without spaces between words. */
const unspaced = String.raw`[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}ー々]`;
const unspacedSign = new RegExp(unspaced, "u");
/** At most 1,001 characters each: a segmenter keeps a copy of its input with every segment. */
const scriptRuns = new RegExp(
  String.raw`${unspaced}[${unspaced.slice(1, -1)}\p{M}]{0,1000}|(?:(?!${unspaced})[\p{L}\p{N}\p{M}])+`,
  "gu",
);

const notAscii = /[^\0-\x7f]/;

let segmenter: Intl.Segmenter | null = null;

/** Whether a token has letters of a script without spaces. */
export function isUnspaced(token: string): boolean {
  return notAscii.test(token) && unspacedSign.test(token);
}

/**
 * The words of a token that has letters of a script without spaces. Only such runs go through `Intl.Segmenter`: it takes
 * some 50 times as long as a pattern, and 15 ms to be made.
 */
export function segmentedWords(token: string): string[] {
  segmenter ??= new Intl.Segmenter("en", { granularity: "word" });
  const words: string[] = [];
  for (const [run] of token.matchAll(scriptRuns)) {
    if (!unspacedSign.test(run)) words.push(run);
    else for (const { segment } of segmenter.segment(run)) words.push(segment);
  }
  return words;
}

/** Most words: nothing in them to look at. */
const plain = /^(?:[A-Z]?[a-z]+|\d+)$/;
const version = /^v?(\d+(?:\.\d+)+)$/i;
const hyphens = /[-‐‑]/u;
const joiner = /::|_|[.:@]/u;
const joinersExceptInNumbers = /(?<!\p{N})(?:::|_+|[-‐‑.:@])|(?:::|_+|[-‐‑.:@])(?!\p{N})/gu;
/** Between `use` and `State`, between `HTML` and `Element`. */
const joinerOrHump = /[-‐‑.:@_]|\p{Ll}\p{Lu}|\p{Lu}\p{Lu}\p{Ll}/u;
const humpsAndJoiners = /::|_+|[-‐‑.:@]|(?<=\p{Ll})(?=\p{Lu})|(?<=\p{Lu})(?=\p{Lu}\p{Ll})/u;

/** What a token is searched by, not yet stemmed. */
export interface TokenWords {
  /** The token without what joins it, and the words that hyphens part: `setup`, `set`, `up` of `set-up`. */
  words: string[];
  /** Of a name in code or of a file: `use` and `State` of `useState`; of a version number its beginnings. */
  parts: string[];
}

/**
 * The whole and the parts of a token. The whole is written without what joins it, so that `e-mail` and `email`,
 * `use_state` and `useState` are one word; between digits the sign stays (`1.5` is not `15`).
 */
export function tokenWords(token: string): TokenWords {
  if (plain.test(token)) return { words: [token], parts: [] };
  const numbers = version.exec(token)?.[1]?.split(".");
  if (numbers !== undefined) {
    const [whole = token, ...parts] = numbers
      .slice(1)
      .map((_, index) => numbers.slice(0, numbers.length - index).join("."));
    return { words: [whole], parts };
  }
  if (!joinerOrHump.test(token)) return { words: [token], parts: [] };
  const whole = token.replaceAll(joinersExceptInNumbers, "");
  const words = token.split(hyphens).filter(isLongEnough);
  const hyphenated = words.length > 0 && hyphens.test(token);
  const parts = token
    .split(humpsAndJoiners)
    .filter((part) => isLongEnough(part) && part !== token && !words.includes(part));
  return { words: hyphenated ? [whole, ...words.filter((word) => !joiner.test(word))] : [whole], parts };
}

/** One letter, such as the `v` of `v-if`, is found everywhere. */
function isLongEnough(part: string): boolean {
  return part.length > 1 || /\p{N}/u.test(part);
}

/** Articles and pronouns that French, Italian and Catalan write together with the next word. */
const elided = /^(?:[cdjlmnst]|qu|jusqu|lorsqu|puisqu|quoiqu|un|gl|d?all|dell|nell|sull|coll|quell|quest|sant|bell)$/i;

/** A token without apostrophes: what stands before or behind one belongs to the word in one language only. */
export function apostropheWords(token: string, language: Language): string[] {
  if (!/['’ʼ]/.test(token)) return [token];
  const pieces = token.split(/['’ʼ]/);
  switch (language) {
    // Italy's, don't
    case "en":
      return [(pieces.at(-1)?.toLowerCase() === "s" ? pieces.slice(0, -1) : pieces).join("")];
    // м'який
    case "uk":
      return [pieces.join("")];
    // İstanbul'da
    case "tr":
      return pieces.slice(0, 1);
    // l'homme, dell'arte
    case "ca":
    case "fr":
    case "it": {
      const words = pieces.filter((piece) => !elided.test(piece));
      return words.length === 0 ? pieces : words;
    }
    default: {
      const words = pieces.filter((piece) => piece.length > 1);
      return words.length === 0 ? [pieces.join("")] : words;
    }
  }
}
