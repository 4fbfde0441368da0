/** Line numbers of a text: built once in linear time, asked by binary search. Lines end at `\n`. */
export class LineIndex {
  readonly #starts: number[] = [0];

  constructor(text: string) {
    for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) this.#starts.push(at + 1);
  }

  /** How many lines there are; the empty one after a final `\n` counts. */
  get count(): number {
    return this.#starts.length;
  }

  /** The line, counted from 1, that the character at this offset stands in. */
  lineAt(offset: number): number {
    let low = 0;
    let high = this.#starts.length;
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if (this.#starts[middle]! <= offset) low = middle;
      else high = middle;
    }
    return low + 1;
  }

  /** Offset of the first character of a line, counted from 1; `Infinity` behind the last line. */
  startOf(line: number): number {
    return this.#starts[line - 1] ?? Number.POSITIVE_INFINITY;
  }
}
