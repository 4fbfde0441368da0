import type { Range } from "../../text/ranges.ts";

/** A tag of JSX or HTML. */
export interface Tag extends Range {
  kind: "open" | "close" | "selfClosed";
  /** As written; empty for a fragment. */
  name: string;
  /** Where the values stand that a reader should see, in order. */
  prose: Range[];
}

/** Characters of a tag at most, expressions in braces not counted: what is longer is no tag. */
const maxTagChars = 4096;

/** Attributes whose values a page shows, or reads to those who cannot see it. */
const proseAttribute = /^(?:title|subtitle|label|alt|summary|description|caption|heading|tagline)$/i;

/** Components that describe a parameter or a field of an API: their attributes are what the page says of it. */
const fieldComponent = /^[A-Z]\w*?(?:Field|Param|Parameter|Property|Prop|Argument)$|^(?:Param|Property|Prop)$/;
const fieldAttribute = /^(?:name|path|query|body|header|type|default)$/;

const tagStart = /<(\/?)((?:[a-z_$][\w$.-]*(?::[a-z_$][\w$-]*)?)?)(?=[\s/>])/iy;
const space = /\s*/y;
const attribute = /([a-z_$@:#*.[(][\w$.:@\-[\]()]*)(\s*=\s*)?/iy;
const unquoted = /[^\s"'<>`={}]+/y;

/**
 * The tag that begins at `start`, or `null` where what stands there has another form. `expressionEnd` says where an
 * expression in braces ends, -1 where it does not.
 */
export function readTag(text: string, start: number, expressionEnd: (open: number) => number): Tag | null {
  const [head, slash = "", name = ""] = matchAt(tagStart, text, start) ?? [];
  if (head === undefined) return null;
  const prose: Range[] = [];
  let at = start + head.length;
  let limit = start + maxTagChars;
  while (at < limit) {
    at += matchAt(space, text, at)?.[0].length ?? 0;
    if (text[at] === ">") return { kind: slash === "" ? "open" : "close", name, start, end: at + 1, prose };
    if (text.startsWith("/>", at)) return { kind: "selfClosed", name, start, end: at + 2, prose };
    const value = valueAt(at);
    if (value === null) return null;
    limit += value.skipped;
    if (value.isProse && isProse(text.slice(value.start, value.end))) prose.push(value);
    at = value.next;
  }
  return null;

  function valueAt(from: number) {
    if (text[from] === "{") return expressionAt(from, false);
    const match = matchAt(attribute, text, from);
    if (match === null) return null;
    const next = from + match[0].length;
    const isProse = proseAttribute.test(match[1]!) || (fieldComponent.test(name) && fieldAttribute.test(match[1]!));
    if (match[2] === undefined) return { start: next, end: next, next, skipped: 0, isProse: false };
    if (text[next] === "{") return expressionAt(next, isProse);
    const quote = text[next];
    if (quote === '"' || quote === "'") {
      const close = text.slice(next + 1, next + maxTagChars).indexOf(quote);
      const end = next + 1 + close;
      return close === -1 ? null : { start: next + 1, end, next: end + 1, skipped: 0, isProse };
    }
    const bare = matchAt(unquoted, text, next);
    if (bare === null) return null;
    const end = next + bare[0].length;
    return { start: next, end, next: end, skipped: 0, isProse };
  }

  function expressionAt(open: number, isProse: boolean) {
    const end = expressionEnd(open);
    if (end === -1) return null;
    const literal = literalIn(text, { start: open, end });
    const value = literal ?? { start: end, end };
    return { ...value, next: end, skipped: end - open, isProse: isProse && literal !== null };
  }
}

/** The text of an expression that is one string on one line, such as `{"text"}`. */
export function literalIn(text: string, { start, end }: Range): Range | null {
  const source = text.slice(start, Math.min(end, start + maxTagChars));
  const [, before = "", , words] = /^(\{\s*(["'`]))((?:(?!\2)[^\\\n$])*)\2\s*\}$/.exec(source) ?? [];
  if (words === undefined) return null;
  return { start: start + before.length, end: start + before.length + words.length };
}

/** Words that a person wrote, rather than an address or a path. */
function isProse(value: string): boolean {
  return /\p{L}/u.test(value) && (/\s/.test(value) || !/[/\\]/.test(value));
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}
