import stringWidth from "fast-string-width";
import { partsOf } from "./word-parts.ts";

/**
 * A line of so many columns that is filled and, where it is full, continued in the next one. Methods return what to
 * write.
 */
export interface Line {
  /** Begins a line of the text. */
  start(): void;
  /** What continuations of the line begin with. */
  hang(text: string): void;
  /** Writes a text as it is. */
  put(text: string): string;
  /** Keeps spaces back: they are only written if a unit follows on the same line. */
  space(spaces: string): void;
  /** Writes a unit, on the next line if this one has no room, in parts if it is longer than a line. */
  putUnit(unit: string): string;
}

export function openLine(columns: number): Line {
  let column = 0;
  let spaces = "";
  let hanging = "";

  function put(text: string): string {
    column += stringWidth(text);
    return text;
  }

  function lineBreak(): string {
    column = 0;
    return `\n${put(hanging)}`;
  }

  return {
    start() {
      column = 0;
      spaces = "";
      hanging = "";
    },
    hang(text) {
      hanging = text;
    },
    put,
    space(text) {
      spaces += text;
    },
    putUnit(unit) {
      const gap = spaces;
      spaces = "";
      const width = stringWidth(unit);
      if (column + gap.length + width <= columns) return put(gap + unit);
      const start = stringWidth(hanging);
      let written = column > start ? lineBreak() : put(gap);
      if (start + width <= columns) return written + put(unit);
      for (const part of partsOf(unit)) {
        if (column + stringWidth(part) > columns && column > start) written += lineBreak();
        written += put(part);
      }
      return written;
    },
  };
}
