import { decodeText } from "../../files/decode-text.ts";
import { fileStem } from "../../files/file-stem.ts";
import { lineDocument } from "../line-document.ts";
import type { Loader } from "../types.ts";
import { isHeader, namedRow } from "./named-rows.ts";

/** Delimiters that are tried on the first lines; the one that gives the same number of cells most often is taken. */
const delimiters = [",", ";", "\t", "|"];

/**
 * CSV and TSV. Each record is written with the names of its columns (`Name: Ada; City: London`), for a row alone says
 * nothing to a search. A record begins and ends on the lines where it does in the file, also where its cells have several
 * lines: a passage is cited by the lines of the file. The header stays where it is.
 */
export const csvLoader: Loader = {
  name: "csv",
  version: 1,
  async load({ source, bytes }) {
    const { text, warnings } = await decodeText(bytes);
    const { default: papa } = await import("papaparse");
    const lines: string[] = [];
    let header: string[] | null = null;
    let position = 0;
    papa.parse<string[]>(text, {
      delimiter: source.toLowerCase().endsWith(".tsv") ? "\t" : "",
      delimitersToGuess: delimiters,
      newline: "\n",
      step: ({ data, meta }) => {
        const raw = text.slice(position, meta.cursor);
        position = meta.cursor;
        const height = raw.replace(/\n$/, "").split("\n").length;
        const isBlank = raw.trim() === "";
        if (isBlank) lines.push(...Array.from({ length: height }, () => ""));
        else if (header === null) {
          header = isHeader(data) ? data : [];
          lines.push(...exactly(height, namedRow([], data)));
        } else lines.push(...exactly(height, namedRow(header, data)));
      },
    });
    return {
      document: lineDocument({ source, format: "csv", title: fileStem(source) }, lines.join("\n"), "lines"),
      warnings,
    };
  },
};

/** The lines of a text, as many as the file has for it: cells that were left out take their line breaks with them. */
function exactly(height: number, text: string): string[] {
  const lines = text.split("\n");
  const missing = Array.from({ length: Math.max(0, height - lines.length) }, () => "");
  return [...lines, ...missing];
}
