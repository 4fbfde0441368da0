import Table from "cli-table3";
import stringWidth from "fast-string-width";
import { wrapText } from "./terminal/wrap.ts";

/** A column of a table for people. */
export interface Column {
  title: string;
  align?: "left" | "right";
}

const gap = 2;

/** Columns that a cell of the last column gets at least, and that no other column is narrowed below. */
const narrowest = 20;

/**
 * A table without lines. The last column takes the width that the others leave, and its text is wrapped; where they
 * leave it less than 20 columns, the widest of them are wrapped too. `width`: of a line; `null` where there is no end
 * to it, and nothing is wrapped.
 */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  width: number | null,
  head: (title: string) => string,
): string {
  const last = columns.length - 1;
  const widths = columns
    .slice(0, last)
    .map((column, index) => Math.max(...[column.title, ...rows.map((row) => row[index] ?? "")].map(widestLine)));
  const rooms = width === null ? null : roomsIn(width, widths);

  const made = new Table({
    chars: Object.fromEntries(borders.map((name) => [name, ""])),
    style: { "padding-left": 0, "padding-right": gap, head: [], border: [] },
    colAligns: columns.map((column) => column.align ?? "left"),
    head: columns.map((column) => head(column.title)),
  });
  for (const row of rows) {
    made.push(row.map((cell, index) => wrapText(cell, rooms?.[index] ?? null)));
  }
  return `${made
    .toString()
    .split("\n")
    .map((line) => line.trimEnd())
    .join("\n")}\n`;
}

/** Columns for the text of each cell of a row, the last column included. */
function roomsIn(width: number, widths: readonly number[]): number[] {
  const rooms = [...widths];
  const left = () => width - 1 - rooms.reduce((sum, room) => sum + room + gap, 0);
  while (left() < narrowest) {
    const widest = rooms.indexOf(Math.max(...rooms));
    if ((rooms[widest] ?? 0) <= narrowest) break;
    rooms[widest] = Math.max(narrowest, rooms[widest]! - (narrowest - left()));
  }
  return [...rooms, Math.max(narrowest, left())];
}

const borders = [
  "top",
  "top-mid",
  "top-left",
  "top-right",
  "bottom",
  "bottom-mid",
  "bottom-left",
  "bottom-right",
  "left",
  "left-mid",
  "mid",
  "mid-mid",
  "right",
  "right-mid",
  "middle",
] as const;

/** In columns of a terminal: escape sequences take none, Chinese, Japanese and Korean characters two. */
function widestLine(text: string): number {
  return Math.max(...text.split("\n").map((line) => stringWidth(line)));
}
