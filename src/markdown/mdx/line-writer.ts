/**
 * Writes a text with parts left out, so that every line keeps its number. A line that is left out as a whole stays as
 * an empty one.
 */
export interface LineWriter {
  keep(text: string): void;
  /** Leaves a stretch out, all but its line breaks. */
  drop(text: string): void;
  /** Separates words between which something is left out. */
  space(): void;
  /** Begins a heading that the source writes as an element. */
  heading(level: number): void;
  /** Characters of indentation of the line so far; `null` where something visible stands in it. */
  indent(): number | null;
  /** Whether the last line that was ended can go on in the next one. */
  isInParagraph(): boolean;
  text(): string;
}

/** What decides about a line as a whole. */
export interface LineRules {
  /** Characters of indentation that a line loses. `startsWithMarkup`: its first word stood behind something left out. */
  indentOf(line: string, startsWithMarkup: boolean): number;
  /** Whether a line is shown as it is: a number sign at its start makes no heading. */
  isPreformatted(): boolean;
}

/** A start of a line that would mean something in Markdown, where it did not stand at the start of the source's line. */
const blockMark = /^(\s*)(?=#{1,6}(?:\s|$)|`{3}|~{3}|(?:=+|-+)\s*$|>)/;
const headingMark = /^(\s*)(?=#{1,6}(?:\s|$))/;

export function lineWriter(rules: LineRules): LineWriter {
  const lines: string[] = [];
  let line = "";
  let isBlank = true;
  let endsInSpace = true;
  let isCut = false;
  let startIsCut = false;
  let isHeading = false;

  function write(part: string): void {
    // Spaces on both sides of a part that was left out become one.
    const written = isCut && !isBlank && endsInSpace ? part.trimStart() : part;
    if (written === "") return;
    line += written;
    isBlank &&= written.trim() === "";
    endsInSpace = /\s/.test(written.at(-1)!);
  }

  function endLine(): void {
    let written = isCut ? line.trimEnd() : line;
    // A heading of which no word is left.
    if (isCut && /^\s*#{1,6}$/.test(written)) written = "";
    if (startIsCut && !isHeading) written = written.replace(blockMark, "$1\\");
    else if (rules.isPreformatted()) written = written.replace(headingMark, "$1\\");
    lines.push(written.slice(rules.indentOf(written, startIsCut)));
    line = "";
    isBlank = true;
    endsInSpace = true;
    isCut = false;
    startIsCut = false;
    isHeading = false;
  }

  function cut(): void {
    isCut = true;
    if (isBlank) startIsCut = true;
  }

  return {
    keep(text) {
      for (const [index, part] of text.split("\n").entries()) {
        if (index > 0) endLine();
        write(part);
      }
    },
    drop(text) {
      for (const [index] of text.split("\n").entries()) {
        if (index > 0) endLine();
        cut();
      }
    },
    space() {
      if (!isBlank && !endsInSpace) write(" ");
    },
    heading(level) {
      cut();
      isHeading = true;
      write(`${"#".repeat(level)} `);
    },
    indent: () => (isBlank ? line.length : null),
    isInParagraph: () => !/^\s*(?:$|#{1,6}\s|`{3}|~{3})/.test(lines.at(-1) ?? ""),
    text() {
      endLine();
      return lines.join("\n");
    },
  };
}
