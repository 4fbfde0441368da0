/** The candidate that is most like the word, where one is like it at all: a typing mistake or two, or another case. */
export function closest(word: string, candidates: Iterable<string>): string | null {
  const allowed = word.length < 4 ? 1 : Math.max(2, Math.floor(word.length / 3));
  let best: string | null = null;
  let bestDistance = allowed + 1;
  for (const candidate of candidates) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/**
 * How many characters have to be inserted, deleted, replaced, or swapped with their neighbour (optimal string alignment;
 * Damerau 1964, Levenshtein 1966).
 */
export function editDistance(from: string, to: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let line = 1; line <= from.length; line += 1) {
    const row = [line];
    for (let column = 1; column <= to.length; column += 1) {
      const replaced = (last[column - 1] ?? 0) + (from[line - 1] === to[column - 1] ? 0 : 1);
      const isSwapped = from[line - 1] === to[column - 2] && from[line - 2] === to[column - 1];
      const swapped = isSwapped && line > 1 && column > 1 ? (beforeLast[column - 2] ?? 0) + 1 : Infinity;
      row.push(Math.min(replaced, swapped, (last[column] ?? 0) + 1, (row[column - 1] ?? 0) + 1));
    }
    beforeLast = last;
    last = row;
  }
  return last[to.length] ?? 0;
}
