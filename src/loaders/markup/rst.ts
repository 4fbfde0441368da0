import { isoDate, oneLine, toMetadata } from "../metadata.ts";
import type { MetadataDraft } from "../metadata.ts";
import { codeLine, endOfIndented, indentationOf, lineMarkupLoader, plainLine } from "./line-markup.ts";
import type { LineMarkup } from "./line-markup.ts";
import { tableLines } from "./tables/line-table.ts";
import type { LineTable } from "./tables/line-table.ts";
import { drawnTableAt, listTable } from "./tables/rst-tables.ts";

/**
 * reStructuredText: headings by the order in which their underlines appear, literal blocks and code directives as code,
 * the text of admonitions, tables as a line a row; roles and links as their text. Comments, targets and tables of contents become blank lines.
 */
export const rstLoader = lineMarkupLoader("rst", (lines) => convertRst(withReplacements(lines)));

const adornment = /^([!-/:-@[-`{-~])\1{2,}\s*$/;
const directive = /^(\s*)\.\.\s+(?:\|[^|]*\|\s+)?([\w:-]+)::(?:\s+(.*))?$/;
/** Directives whose content is code. */
const codeDirectives =
  /^(?:code-block|code|sourcecode|parsed-literal|prompt|ipython|doctest|testcode|math|productionlist)$/;
/** Directives whose content is for programs: lists of files, options, HTML. */
const silentDirectives =
  /^(?:toctree|contents|index|raw|include|literalinclude|meta|highlight|default-role|role|automodule|autoclass|autofunction|automethod|autosummary|currentmodule|module|image|unicode|replace|tabularcolumns|sectnum)$/;

const replacement = /^\s*\.\.\s+\|([^|]+)\|\s+replace::\s+(.+)$/;

/** The lines with each `|name|` replaced by the text that the document gives it. */
function withReplacements(lines: readonly string[]): readonly string[] {
  const texts = new Map<string, string>();
  for (const line of lines) {
    const [, name, text] = replacement.exec(line) ?? [];
    if (name !== undefined && text !== undefined) texts.set(name, text.trim());
  }
  if (texts.size === 0) return lines;
  return lines.map((line) =>
    replacement.test(line)
      ? line
      : line.replaceAll(/\|([^|\s][^|]*)\|_{0,2}/g, (all, name: string) => texts.get(name) ?? all),
  );
}

function convertRst(lines: readonly string[]): LineMarkup {
  const written: string[] = [];
  const levels: string[] = [];
  const metadata: MetadataDraft = {};
  const put = (until: number, write: (line: string) => string) => {
    while (written.length < until) written.push(write(lines[written.length] ?? ""));
  };
  while (written.length < lines.length) {
    const at = written.length;
    const line = lines[at] ?? "";
    const heading = headingAt(lines, at);
    const found = directive.exec(line);
    const table = drawnTableAt(lines, at);
    const field = /^:(author|date|organization|version):\s+(.+)$/i.exec(line);
    if (heading !== null) {
      if (!levels.includes(heading.style)) levels.push(heading.style);
      const marks = "#".repeat(Math.min(6, levels.indexOf(heading.style) + 1));
      put(at + heading.height, (part) => (part === heading.title ? `${marks} ${inline(part.trim())}` : ""));
    } else if (table !== null) writeTable(table);
    else if (adornment.test(line)) put(at + 1, () => "");
    else if (found !== null) writeDirective(found);
    else if (/^\s*\.\.(?:\s|$)/.test(line)) {
      // A comment, a target, a footnote: of these only the footnote is read.
      const note = /^\s*\.\.\s+(\[[^\]]+\])\s+(.*)$/.exec(line);
      if (note !== null) put(at + 1, () => `${note[1]} ${inline(note[2] ?? "")}`);
      else put(Math.max(at + 1, endOfIndented(lines, at + 1, indentationOf(line) + 1)), () => "");
    } else if (field !== null && levels.length < 2) {
      metadata[(field[1] ?? "").toLowerCase()] = field[1]?.toLowerCase() === "date" ? isoDate(field[2]) : field[2];
      put(at + 1, (part) => part);
    } else {
      put(at + 1, (part) =>
        plainLine(
          inline(
            part
              .replace(/::\s*$/, ":")
              .replace(/^\s*:$/, "")
              .replace(/^(\s*)#\. /, "$11. "),
          ),
        ),
      );
      if (/::\s*$/.test(line)) writeLiteral(indentationOf(line) + 1);
    }
  }
  return { lines: written, title: null, metadata: toMetadata(metadata) };

  function writeTable(table: LineTable): void {
    const rows = table.rows.map((row) => ({ ...row, cells: row.cells.map(inline) }));
    written.push(...tableLines({ ...table, rows }).map(plainLine));
  }

  function writeLiteral(columns: number): void {
    const end = endOfIndented(lines, written.length, columns);
    const inside = lines.slice(written.length, end).filter((line) => line.trim() !== "");
    const indentation = inside.reduce((least, line) => Math.min(least, indentationOf(line)), Number.MAX_SAFE_INTEGER);
    put(end, (line) => codeLine(line, indentation));
  }

  function writeDirective([, space = "", name = "", argument = ""]: RegExpExecArray): void {
    const columns = space.length + 1;
    const kind = name.split(":").at(-1) ?? name;
    const end = endOfIndented(lines, written.length + 1, columns);
    if (silentDirectives.test(kind)) {
      put(Math.max(end, written.length + 1), (line) => imageText(line));
      return;
    }
    const isCode = codeDirectives.test(kind);
    const isNamed = /^(?:note|tip|hint|warning|caution|danger|important|attention|error|seealso|todo)$/.test(kind);
    const label = isNamed ? `${kind[0]?.toUpperCase()}${kind.slice(1)}: ` : "";
    put(written.length + 1, () => (isCode && kind !== "math" ? "" : plainLine(inline(`${label}${argument}`.trim()))));
    // Options stand between the directive and its content.
    let headerRows = 0;
    for (let option = optionAt(); option !== null; option = optionAt()) {
      if (option[1] === "header-rows") headerRows = Number.parseInt(option[2] ?? "", 10) || 0;
      put(written.length + 1, imageText);
    }
    const table = kind === "list-table" ? listTable(lines.slice(written.length, end), headerRows) : null;
    if (table !== null) writeTable(table);
    else if (isCode) writeLiteral(columns);
    else if (end > written.length) writeBody(end);
  }

  function optionAt(): RegExpExecArray | null {
    return /^\s+:([\w-]+):\s*(.*)$/.exec(lines[written.length] ?? "");
  }

  /** The content of a directive is text like that around it, but indented: it is converted on its own. */
  function writeBody(end: number): void {
    const body = lines.slice(written.length, end);
    const filled = body.filter((line) => line.trim() !== "");
    const indentation = filled.reduce((least, line) => Math.min(least, indentationOf(line)), Number.MAX_SAFE_INTEGER);
    written.push(...convertRst(body.map((line) => line.slice(Math.min(indentation, indentationOf(line))))).lines);
  }
}

/** The description of an image, the names of a table's columns; nothing of other lines. */
function imageText(line: string): string {
  return oneLine(/^\s+:(?:alt|caption|header):\s+(.+)$/.exec(line)?.[1] ?? "");
}

/** A title with a line of signs below it, or above and below. */
function headingAt(lines: readonly string[], at: number): { title: string; style: string; height: number } | null {
  const [first = "", second = "", third = ""] = lines.slice(at, at + 3);
  const over = adornment.exec(first);
  if (over !== null && second.trim() !== "" && third.trimEnd() === first.trimEnd() && !adornment.test(second)) {
    return { title: second, style: `${over[1]}${over[1]}`, height: 3 };
  }
  const under = adornment.exec(second);
  const isAlone = at === 0 || (lines[at - 1] ?? "").trim() === "";
  if (under === null || !isAlone || first.trim() === "" || /^\s/.test(first) || adornment.test(first)) return null;
  const isLongEnough = second.trimEnd().length >= Math.min(4, first.trimEnd().length);
  return isLongEnough ? { title: first, style: under[1] ?? "", height: 2 } : null;
}

function inline(line: string): string {
  return (
    line
      .replaceAll(/``([^`]+)``/g, "`$1`")
      // A role's name is bounded, as every colon of a long row of them may begin one.
      .replaceAll(/:[\w:+.-]{1,200}:`([^`<]+)(<[^`>]*>)?`/g, (_, text: string, target: string | undefined) =>
        (target === undefined ? text : text.trimEnd()).replace(/^[~!]/, ""),
      )
      .replaceAll(/`([^`<]+)(?:<[^`>]*>)?`__?/g, (_, text: string) => text.trimEnd())
      // The address of a link whose text ended on the line above.
      .replace(/^(\s*)<[^<>]+>`__?/, "$1")
      .trimEnd()
  );
}
