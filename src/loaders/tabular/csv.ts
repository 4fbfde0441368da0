import { decodeText } from "../../files/decode-text.ts";
import { fileStem } from "../../files/file-stem.ts";
import { lineDocument } from "../line-document.ts";
import type { Loader } from "../types.ts";
import { nameColumns, namedRow } from "./named-rows.ts";

/** Delimiters that are tried on the first lines; the one that gives the same number of cells most often is taken. */
const delimiters = [",", ";", "\t", "|"];

/** A first line for Excel that names the delimiter: `sep=;`. */
const delimiterLine = /^sep=([^\n])\n/i;

/** Records that are looked through for the names of the columns. */
const headRecords = 60;

/**
 * CSV and TSV. Each record is written with the names of its columns (`Name: Ada; City: London`), for a row alone says
 * nothing to a search. A record begins and ends on the lines where it does in the file, also where its cells have several
 * lines: a passage is cited by the lines of the file. The header stays where it is, and so do lines above it.
 */
export const csvLoader: Loader = {
  name: "csv",
  version: 2,
  async load({ source, bytes }) {
    const { text: written, warnings } = await decodeText(bytes);
    const { default: papa } = await import("papaparse");
    const [directive = "", named] = delimiterLine.exec(written) ?? [];
    const text = written.slice(directive.length);
    const lines: string[] = directive === "" ? [] : [""];
    const form = {
      delimiter: named ?? (source.toLowerCase().endsWith(".tsv") ? "\t" : ""),
      delimitersToGuess: delimiters,
      newline: "\n" as const,
    };
    // Blank lines count against a delimiter, and in a short file the one at its end is enough.
    const head = papa.parse<string[]>(text, { ...form, preview: headRecords, skipEmptyLines: "greedy" });
    const { preamble, header } = nameColumns(head.data);
    /** Records so far, without blank ones. */
    let records = 0;
    let position = 0;
    papa.parse<string[]>(text, {
      ...form,
      delimiter: head.meta.delimiter,
      step: ({ data, meta }) => {
        const raw = text.slice(position, meta.cursor);
        position = meta.cursor;
        const height = raw.replace(/\n$/, "").split("\n").length;
        if (isBlank(data)) {
          lines.push(...Array.from({ length: height }, () => ""));
          return;
        }
        // What stands above the names of the columns, and the names themselves, have no names.
        lines.push(...exactly(height, namedRow(records <= preamble.length ? [] : header, data)));
        records += 1;
      },
    });
    return {
      document: lineDocument({ source, format: "csv", title: fileStem(source) }, lines.join("\n"), "lines"),
      warnings,
    };
  },
};

function isBlank(cells: readonly string[]): boolean {
  return cells.every((cell) => cell.trim() === "");
}

/** The lines of a text, as many as the file has for it: cells that were left out take their line breaks with them. */
function exactly(height: number, text: string): string[] {
  const lines = text.split("\n");
  const missing = Array.from({ length: Math.max(0, height - lines.length) }, () => "");
  return [...lines, ...missing];
}
