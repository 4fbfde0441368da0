/** Leaves out `{#id .class}` at the end of a heading, as Pandoc, Docusaurus and others write it, and `{: #id}` of kramdown. */
export function withoutAttributes(heading: string): string {
  const open = heading.lastIndexOf("{");
  return open !== -1 && /^\{:?\s*[#.][^{}]*\}\s*$/.test(heading.slice(open)) ? heading.slice(0, open) : heading;
}

/** A line that ends in attributes, behind which an ATX heading may be closed. */
const attributedLine = /\{:?[ \t]*[#.][^{}\n]*\}[ \t]*#*[ \t]*$/m;
const atxHeading = /^ {0,3}#{1,6}[ \t]/;
const underline = /^ {0,3}(?:=+|-+)[ \t]*$/;
const fence = /^ {0,3}(`{3,}(?=[^`]*$)|~{3,})/;

/**
 * A Markdown text without the attributes of its headings, `{#id}` and the like, which no reader of the page sees. All
 * else stays as it is, lines included. `bodyStart` is where the text behind the front matter begins.
 */
export function withoutHeadingAttributes(text: string, bodyStart: number): string {
  const body = text.slice(bodyStart);
  if (!attributedLine.test(body)) return text;
  const lines = body.split("\n");
  let open: string | null = null;
  for (const [index, line] of lines.entries()) {
    const mark = fence.exec(line)?.[1];
    if (open !== null) {
      if (mark?.startsWith(open) && line.trim() === mark) open = null;
    } else if (mark !== undefined) open = mark;
    else if (atxHeading.test(line)) lines[index] = headingLineWithout(line);
    else if (line.includes("{") && underline.test(lines[index + 1] ?? "")) {
      const written = withoutAttributes(line);
      if (written !== line) lines[index] = written.trimEnd();
    }
  }
  return text.slice(0, bodyStart) + lines.join("\n");
}

function headingLineWithout(line: string): string {
  const opened = line.trimEnd().replace(/(?<!#)#*$/, "");
  const written = withoutAttributes(opened);
  return written === opened ? line : written.trimEnd();
}
