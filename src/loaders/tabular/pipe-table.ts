/**
 * Rows of cells as a pipe table of GitHub's Markdown; the first row is its header. Rows and columns without any text
 * are left out; short rows are filled up. Empty where nothing is left.
 */
export function pipeTable(rows: readonly (readonly string[])[]): string {
  const filled = rows.map((row) => row.map(cellText)).filter((row) => row.some((cell) => cell !== ""));
  const width = filled.reduce((most, row) => Math.max(most, row.length), 0);
  const columns = Array.from({ length: width }, (_, index) => index).filter((index) =>
    filled.some((row) => (row[index] ?? "") !== ""),
  );
  const lines = filled.map((row) => `| ${columns.map((index) => row[index] ?? "").join(" | ")} |`);
  const [header, ...body] = lines;
  if (header === undefined) return "";
  return [header, `|${" --- |".repeat(columns.length)}`, ...body].join("\n");
}

function cellText(text: string): string {
  return text
    .replaceAll(/\s+/g, " ")
    .trim()
    .replaceAll("|", String.raw`\|`);
}
