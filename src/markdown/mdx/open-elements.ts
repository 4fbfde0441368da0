import type { LineRules } from "./line-writer.ts";
import type { Tag } from "./tags.ts";

/** Which elements are open while a text is read, and how far their content is indented. */
export interface OpenElements extends LineRules {
  /** `indent`: characters of white space in front of a tag that begins its line, else `null`. */
  read(tag: Tag, indent: number | null): void;
  depth(): number;
  /** Whether what looks like a tag is the argument of a type in prose, as in `List<String>`. */
  isTypeArgument(tag: Tag): boolean;
  /** Fixes what the lines of a code block lose; `null` ends it. */
  verbatim(removed: number | null): void;
}

const voidElement = /^(?:area|base|br|col|embed|hr|img|input|link|meta|source|track|wbr)$/i;
const listItem = /^\s*(?:[-*+]|\d{1,9}[.)])\s/;

/** Reads `text` from its start. Removes the indentation that markup gives its content, because Markdown would read it as
 * code. The content of an element in a list stays in the list. */
export function openElements(text: string): OpenElements {
  const open: string[] = [];
  const counts = new Map<string, number>();
  const closed = new Set(Array.from(text.matchAll(/<\/([a-z_$][\w$.:-]*)/gi), ([, name]) => name));
  /** Indentation of the outermost element where a list holds it, else 0. */
  let root = 0;
  /** Indentation of the first line of what stands between two tags. */
  let base: number | null = null;
  let isInList = false;
  let fixed: number | null = null;
  let wasInside = false;

  function count(name: string, change: number): void {
    counts.set(name, (counts.get(name) ?? 0) + change);
  }

  return {
    depth: () => open.length,
    read({ kind, name }, indent) {
      if (kind === "selfClosed" || voidElement.test(name)) return;
      if (kind === "open") {
        if (open.length === 0) root = isInList ? (indent ?? 0) : 0;
        open.push(name);
        count(name, 1);
        return;
      }
      while ((counts.get(name) ?? 0) > 0) {
        const last = open.pop()!;
        count(last, -1);
        if (last === name) return;
      }
    },
    isTypeArgument: ({ kind, name, start, end }) =>
      kind === "open" && /\w/.test(text[start - 1] ?? "") && end === start + name.length + 2 && !closed.has(name),
    isPreformatted: () => fixed === null && (counts.get("pre") ?? 0) > 0,
    verbatim(removed) {
      fixed = removed;
    },
    indentOf(line, startsWithMarkup) {
      const indent = /^\s*/.exec(line)![0].length;
      if (fixed !== null) return fixed;
      if (startsWithMarkup) base = null;
      const isInside = open.length > 0 || wasInside;
      wasInside = open.length > 0;
      if (indent === line.length) return 0;
      if (!isInside) {
        base = null;
        if (listItem.test(line)) isInList = true;
        else if (indent === 0) isInList = false;
        return 0;
      }
      if (!startsWithMarkup) base ??= indent;
      return Math.min(indent, Math.max(0, (base ?? indent) - root));
    },
  };
}
