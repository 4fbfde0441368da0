import { nameColumns, namedRow } from "./named-rows.ts";

/** A sheet as Markdown: its name as heading, the lines above its table, and a list item a row with the columns' names. */
export function sheetText(name: string, rows: readonly string[][]): string {
  const filled = rows.filter((row) => row.some((cell) => cell !== ""));
  if (filled.length === 0) return "";
  const table = nameColumns(filled);
  const above = table.preamble.map((row) => namedRow([], row));
  // A header without rows is still text that somebody may look for.
  const header = table.rows.length === 0 ? [namedRow([], table.header)] : [];
  const items = table.rows.map((row) => `- ${namedRow(table.header, row)}`);
  return [`# ${name}`, ...above, ...header, items.join("\n")].filter((block) => block !== "").join("\n\n");
}
