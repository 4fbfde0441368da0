import { attribute, descendants } from "../archive/xml.ts";
import type { Archive } from "../archive/zip.ts";
import { readPart, relationshipsOf } from "./office-package.ts";

/** A rectangle of cells that are shown as one; rows and columns count from 0, the last ones are part of it. */
export interface MergedCells {
  top: number;
  bottom: number;
  column: number;
}

/** Where a sheet names its merged cells: behind all its rows. */
const reference = /<(?:\w+:)?mergeCell\s[^>]*?\bref="([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})"/g;

/** The merged cells of a sheet's XML that span several rows. */
export function mergedCells(xml: string): MergedCells[] {
  return Array.from(xml.matchAll(reference), ([, letters = "", first, , last]) => ({
    top: Number(first) - 1,
    bottom: Number(last) - 1,
    column: columnOf(letters),
  })).filter(({ top, bottom }) => bottom > top);
}

/** `A` is 0, `Z` 25, `AA` 26. */
export function columnOf(letters: string): number {
  return Array.from(letters).reduce((column, letter) => column * 26 + letter.charCodeAt(0) - 64, 0) - 1;
}

/**
 * Repeats the text of merged cells in each of their rows: the file has it in the first alone, and a row is read without
 * those above it.
 */
export function fillMerged(rows: string[][], merged: readonly MergedCells[]): void {
  for (const { top, bottom, column } of merged) {
    const text = rows[top]?.[column] ?? "";
    if (text === "") continue;
    for (const row of rows.slice(top + 1, bottom + 1)) {
      if ((row[column] ?? "") === "" && row.some((cell) => cell !== "")) row[column] = text;
    }
  }
}

/** The paths of a workbook's sheets, by their names. */
export async function sheetPaths(archive: Archive): Promise<Map<string, string>> {
  const main = [...(await relationshipsOf(archive, "")).values()].find(({ type }) => type === "officeDocument");
  const part = main?.path ?? "xl/workbook.xml";
  const workbook = await readPart(archive, part);
  const targets = await relationshipsOf(archive, part);
  const paths = new Map<string, string>();
  for (const sheet of workbook === null ? [] : descendants(workbook, "sheet")) {
    const path = targets.get(attribute(sheet, "id", true) ?? "")?.path;
    const name = attribute(sheet, "name");
    if (path !== undefined && name !== null) paths.set(name, path);
  }
  return paths;
}
