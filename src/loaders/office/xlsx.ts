import { messageOf, UserError } from "../../errors.ts";
import { fileStem } from "../../files/file-stem.ts";
import { oneLine } from "../metadata.ts";
import { sheetText } from "../tabular/sheet-text.ts";
import type { Loader } from "../types.ts";
import { columnOf, fillMerged, mergedCells, sheetPaths } from "./merged-cells.ts";
import type { MergedCells } from "./merged-cells.ts";
import { documentProperties, openDocumentArchive, plainCopy } from "./office-package.ts";

/** Cells in the rectangle that a sheet fills. The reader makes every cell of it, empty ones too. */
const maxSheetCells = 5_000_000;

/**
 * An Excel workbook, a sheet a page: the sheet's name as heading, then a list item a row with the names of its columns.
 * A merged cell stands in each of its rows. Dates are ISO 8601; formulas give the value that was saved. Charts, comments
 * and formats are left out.
 * Throws `UserError` `encrypted`, `unexpected-content`, `damaged-archive`, `unreadable-xlsx`.
 */
export const xlsxLoader: Loader = {
  name: "xlsx",
  version: 3,
  async load({ source, bytes }) {
    const archive = await openDocumentArchive(bytes, "[Content_Types].xml", "Excel workbook");
    const { title, metadata } = await documentProperties(archive, "docProps/core.xml");
    let unsaved = 0;
    const merged = new Map<string, MergedCells[]>();
    const copy = await plainCopy(archive, (name, xml) => {
      if (/\/worksheets\/[^/]+\.xml$/.test(name)) {
        refuseVastSheet(name, xml);
        unsaved += xml.match(formulaWithoutValue)?.length ?? 0;
        merged.set(name, mergedCells(xml));
      }
      return xml;
    });
    const sheets = await readSheets(copy);
    if ([...merged.values()].some((ofSheet) => ofSheet.length > 0)) {
      const paths = await sheetPaths(archive);
      for (const { name, rows } of sheets) fillMerged(rows, merged.get(paths.get(name) ?? "") ?? []);
    }
    return {
      document: {
        source,
        format: "xlsx",
        title: title ?? fileStem(source),
        metadata,
        places: "pages",
        markup: "markdown",
        pages: sheets.map(({ name, rows }) => ({ text: sheetText(name, rows) })),
        bodyStart: 0,
      },
      warnings:
        unsaved === 0
          ? []
          : [
              `${unsaved === 1 ? "1 formula has" : `${unsaved} formulas have`} no saved value; to have results read, save the workbook in Excel or LibreOffice`,
            ],
    };
  },
};

/** Programs that write workbooks leave the results to whoever opens them. A formula whose result is "" has type `str`. */
const formulaWithoutValue =
  /<(?:\w+:)?c(?=[\s>])(?![^>]*\st="str")[^>]*><(?:\w+:)?f(?:\s[^>]*)?(?:\/>|>[^<]*<\/(?:\w+:)?f>)(?:<(?:\w+:)?v\s*\/>|<(?:\w+:)?v><\/(?:\w+:)?v>)?<\/(?:\w+:)?c>/g;

interface Sheet {
  name: string;
  rows: string[][];
}

async function readSheets(workbook: Buffer): Promise<Sheet[]> {
  const { default: readXlsxFile } = await import("read-excel-file/node");
  try {
    const sheets = await readXlsxFile(workbook);
    return sheets.map(({ sheet, data }) => ({ name: sheet, rows: data.map((row) => row.map(cellText)) }));
  } catch (error) {
    throw new UserError("unreadable-xlsx", `the workbook cannot be read: ${messageOf(error).replace(/\.$/, "")}`, {
      hint: "open it in Excel and save a copy",
      cause: error,
    });
  }
}

function cellText(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (value instanceof Date) return dateText(value);
  // Excel keeps 15 digits: more are the rounding of binary fractions.
  if (typeof value === "number") return String(Number(value.toPrecision(15)));
  return oneLine(String(value));
}

function dateText(date: Date): string {
  if (Number.isNaN(date.getTime())) return "";
  // A time is a fraction of a day, which is off by some milliseconds.
  const seconds = Math.round(date.getTime() / 1000);
  const iso = new Date(seconds * 1000).toISOString();
  // A time without a day counts from the day before Excel's first one; a duration can have more than 24 hours.
  if (date.getUTCFullYear() < 1900) {
    const hours = Math.floor((seconds - Date.UTC(1899, 11, 30) / 1000) / 3600);
    return `${String(hours).padStart(2, "0")}${iso.slice(13, 19)}`;
  }
  return iso.endsWith("T00:00:00.000Z") ? iso.slice(0, 10) : iso.slice(0, 19);
}

/** Throws where two cells far apart span more cells than can be held: the file may have a hundred bytes for it. */
function refuseVastSheet(name: string, xml: string): void {
  let columns = 0;
  let rows = 0;
  for (const [, letters = "", digits = ""] of xml.matchAll(/<(?:\w+:)?c\s[^>]*?\br="([A-Z]{1,4})(\d{1,8})"/g)) {
    columns = Math.max(columns, columnOf(letters) + 1);
    rows = Math.max(rows, Number(digits));
  }
  if (columns * rows <= maxSheetCells) return;
  throw new UserError("too-large", `"${name}" spans ${rows} rows and ${columns} columns, too many to be read`, {
    hint: "delete the cells far outside of the table, or save the sheet as CSV",
  });
}
