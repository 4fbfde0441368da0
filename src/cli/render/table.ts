import Table from "cli-table3";
import stringWidth from "fast-string-width";
import { wrapAnsi } from "fast-wrap-ansi";

/** A column of a table for people. */
export interface Column {
  title: string;
  align?: "left" | "right";
}

const gap = 2;

/**
 * A table without lines. The last column takes the width that the others leave, and its text is wrapped; it is never
 * narrower than 20 characters. `width`: of a line; `null` where there is no end to it, and nothing is wrapped.
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
  const taken = widths.reduce((sum, columnWidth) => sum + columnWidth + gap, 0);
  const room = width === null ? null : Math.max(20, width - taken - 1);

  const made = new Table({
    chars: Object.fromEntries(borders.map((name) => [name, ""])),
    style: { "padding-left": 0, "padding-right": gap, head: [], border: [] },
    colAligns: columns.map((column) => column.align ?? "left"),
    head: columns.map((column) => head(column.title)),
  });
  for (const row of rows) {
    made.push(
      row.map((cell, index) => (index === last && room !== null ? wrapAnsi(cell, room, { hard: true }) : cell)),
    );
  }
  return `${made
    .toString()
    .split("\n")
    .map((line) => line.trimEnd())
    .join("\n")}\n`;
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
