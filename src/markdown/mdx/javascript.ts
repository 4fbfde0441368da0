/** Finds where JavaScript in an MDX text ends. Offsets are those of the text; -1 stands for "nowhere". */
export interface JavaScriptReader {
  /** Behind the brace that closes the one at `open`. */
  expressionEnd(open: number): number;
  /** Behind the statement that an `import` or `export` at `start` begins: at the end of a line. */
  moduleEnd(start: number, kind: "import" | "export"): number;
}

/** Searches that may reach the end of the text without success. Each makes later ones shorter in any text but a hostile one. */
const mostFailures = 8;

/**
 * Reads JavaScript by its brackets, strings and comments alone. Text between JSX tags may stand among it, so an apostrophe
 * opens a string only where the same line closes it. All answers together take time in proportion to the text.
 */
export function javaScriptReader(text: string): JavaScriptReader {
  const expressionEnds = new Map<number, number>();
  let failures = 0;
  let hasBackticks = true;
  let hasCommentEnds = true;

  /** The next bracket or line break at or behind an offset that stands in no string and no comment. */
  function nextMark(from: number): number {
    marks.lastIndex = from;
    for (let match = marks.exec(text); match !== null; match = marks.exec(text)) {
      const at = match.index;
      const [mark] = match;
      if (mark === "'" || mark === '"') marks.lastIndex = stringEnd(at, mark);
      else if (mark === "`") marks.lastIndex = templateEnd(at);
      else if (mark === "//") marks.lastIndex = lineEnd(at);
      else if (mark === "/*") marks.lastIndex = commentEnd(at);
      else if (mark.length === 1) return at;
    }
    return -1;
  }

  function stringEnd(open: number, quote: string): number {
    const pattern = quote === "'" ? singleQuoted : doubleQuoted;
    pattern.lastIndex = open;
    return pattern.test(text) ? pattern.lastIndex : open + 1;
  }

  function templateEnd(open: number): number {
    if (!hasBackticks) return open + 1;
    template.lastIndex = open;
    hasBackticks = template.test(text);
    return hasBackticks ? template.lastIndex : open + 1;
  }

  function commentEnd(open: number): number {
    const close = hasCommentEnds ? text.indexOf("*/", open + 2) : -1;
    hasCommentEnds = close !== -1;
    return hasCommentEnds ? close + 2 : open + 2;
  }

  function lineEnd(at: number): number {
    const end = text.indexOf("\n", at);
    return end === -1 ? text.length : end;
  }

  function expressionEnd(open: number): number {
    if (!expressionEnds.has(open) && failures < mostFailures) matchBraces(open);
    return expressionEnds.get(open) ?? -1;
  }

  function matchBraces(open: number): void {
    const opened: number[] = [];
    for (let at = nextMark(open); at !== -1; at = nextMark(at + 1)) {
      if (text[at] === "{") opened.push(at);
      else if (text[at] === "}") {
        expressionEnds.set(opened.pop()!, at + 1);
        if (opened.length === 0) return;
      }
    }
    for (const unclosed of opened) expressionEnds.set(unclosed, -1);
    failures += 1;
  }

  function moduleEnd(start: number, kind: "import" | "export"): number {
    let depth = 0;
    const isComplete = (end: number) =>
      kind === "import"
        ? /["'](?:\s*with\s*\{[^}]*\})?\s*;?\s*(?:\/\/.*)?$/.test(text.slice(Math.max(start, end - importTail), end))
        : isBlankAt(end + 1);
    if (failures < mostFailures) {
      for (let at = nextMark(start); at !== -1; at = nextMark(at + 1)) {
        if (opening.has(text[at]!)) depth += 1;
        else if (text[at] !== "\n") depth = Math.max(0, depth - 1);
        else if (depth === 0 && (isComplete(at) || isBlankAt(at + 1))) return at;
      }
      if (depth === 0) return text.length;
      failures += 1;
    }
    // The brackets do not match: the block ends at the first blank line, as a paragraph does.
    for (let at = lineEnd(start); at < text.length; at = lineEnd(at + 1)) if (isBlankAt(at + 1)) return at;
    return text.length;
  }

  function isBlankAt(lineStart: number): boolean {
    blankLine.lastIndex = lineStart;
    return blankLine.test(text);
  }

  return { expressionEnd, moduleEnd };
}

/** Characters at the end of a line that say whether an import is complete. */
const importTail = 200;
const opening = new Set(["{", "(", "["]);
// The colon belongs to an address in text between tags, which is no comment.
const marks = /\\[^]|:\/\/|\/\/|\/\*|["'`{}()[\]\n]/g;
const singleQuoted = /'(?:\\.|[^'\\\n])*'/y;
const doubleQuoted = /"(?:\\.|[^"\\\n])*"/y;
const template = /`(?:\\[^]|[^`\\])*`/y;
const blankLine = /[ \t]*(?:\n|$)/y;
