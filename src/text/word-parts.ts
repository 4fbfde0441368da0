/** What tokenizers by Unicode's rules take for one word, whatever is joined in it. */
const words = /[\p{L}\p{N}\p{M}_]+(?:[.:]+[\p{L}\p{N}\p{M}_]+)*/gu;
const version = /^v?\d+(?:\.\d+)+$/i;
const joint = /[^\s._:][._:]+[^\s._:]|_/g;

/**
 * The words within words, each once: `milvus` and `yaml` of `milvus.yaml`, `index` and `type` of `index_type`, `2.4` of
 * `v2.4.6`. A search for one of them would not find the whole otherwise.
 */
export function wordParts(text: string): string[] {
  const parts = new Set<string>();
  // The pattern for whole words is slow, and few words are joined.
  for (let match = joint.exec(text); match !== null; match = joint.exec(text)) {
    let start = match.index;
    while (start > 0 && !/\s/.test(text[start - 1] as string)) start--;
    let end = joint.lastIndex;
    while (end < text.length && !/\s/.test(text[end] as string)) end++;
    collect(text.slice(start, end), parts);
    joint.lastIndex = end;
  }
  return [...parts];
}

function collect(token: string, parts: Set<string>): void {
  for (const [word] of token.matchAll(words)) {
    const pieces = word.split(/[._:]+/);
    if (version.test(word)) {
      const numbers = word.replace(/^v/i, "").split(".");
      for (let count = 2; count <= numbers.length; count++) parts.add(numbers.slice(0, count).join("."));
      parts.delete(word);
    } else if (pieces.length > 1) {
      for (const piece of pieces) if (/\p{L}.|.\p{L}/u.test(piece)) parts.add(piece);
    }
  }
}
