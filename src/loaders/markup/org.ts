import { isoDate, keywordList, oneLine, toMetadata } from "../metadata.ts";
import { lineMarkupLoader, plainLine } from "./line-markup.ts";
import type { LineMarkup } from "./line-markup.ts";

/**
 * Org mode: headings without their state and tags, source and example blocks as fences, tables, links as their text.
 * Drawers, comments and settings become blank lines.
 */
export const orgLoader = lineMarkupLoader("org", convertOrg);

interface Heading {
  level: number;
  text: string;
  /** `:work:home:`; empty where there are none. */
  tags: string;
}

/** A heading without its state and priority; `null` for another line. */
function headingOf(line: string): Heading | null {
  const [, stars = "", rest = ""] = /^(\*+)\s+(.*)$/.exec(line) ?? [];
  if (stars === "") return null;
  const text = rest
    .trim()
    .replace(/^(?:TODO|DONE|NEXT|WAITING|CANCELL?ED|STARTED|HOLD)\s+/, "")
    .replace(/^\[#\w\]\s+/, "");
  const lastWord = text.split(/\s/).at(-1) ?? "";
  const tags = lastWord !== text && /^:[\w@#%:]+:$/.test(lastWord) ? lastWord : "";
  return { level: stars.length, text: text.slice(0, text.length - tags.length).trimEnd(), tags };
}

function convertOrg(lines: readonly string[]): LineMarkup {
  const settings = new Map<string, string>();
  const tags = new Set<string>();
  let block: "code" | "comment" | "drawer" | null = null;
  /** Stars of the heading whose section is a comment. */
  let commentLevel = Infinity;
  const written = lines.map((line) => {
    if (block === "code") {
      if (/^\s*#\+end_(?:src|example)/i.test(line)) {
        block = null;
        return "```";
      }
      // A comma keeps Org from reading the line.
      return line.replace(/^(\s*),(?=[*#,])/, "$1").replace(/^\s*`{3,}/, "");
    }
    if (block === "drawer") {
      if (/^\s*:END:\s*$/i.test(line)) block = null;
      return "";
    }
    if (block === "comment") {
      if (/^\s*#\+end_comment/i.test(line)) block = null;
      return "";
    }
    const level = /^(\*+)\s/.exec(line)?.[1]?.length ?? Infinity;
    if (level <= commentLevel) commentLevel = /^\*+\s+(?:[A-Z]+\s+)?COMMENT(?:\s|$)/.test(line) ? level : Infinity;
    if (commentLevel !== Infinity) return "";
    if (/^\s*#\+begin_comment/i.test(line)) {
      block = "comment";
      return "";
    }
    const source = /^\s*#\+begin_(src|example)(?:\s+([\w+#-]+))?/i.exec(line);
    if (source !== null) {
      block = "code";
      return `\`\`\`${source[1]?.toLowerCase() === "src" ? (source[2] ?? "") : ""}`;
    }
    if (/^\s*:(?:PROPERTIES|LOGBOOK|CLOCK):\s*$/i.test(line)) {
      block = "drawer";
      return "";
    }
    const setting = /^\s*#\+(\w+):\s*(.*)$/.exec(line);
    if (setting !== null) {
      settings.set((setting[1] ?? "").toLowerCase(), setting[2] ?? "");
      return setting[1]?.toLowerCase() === "caption" ? oneLine(setting[2] ?? "") : "";
    }
    if (/^\s*#(?:\+|\s|$)/.test(line)) return "";
    const heading = headingOf(line);
    if (heading !== null) {
      for (const tag of heading.tags.split(":")) if (tag !== "") tags.add(tag);
      return `${"#".repeat(Math.min(6, heading.level))} ${inline(heading.text)}`;
    }
    if (/^\s*\|[-+]+\|\s*$/.test(line)) return line.replaceAll(/-+/g, " --- ").replaceAll("+", "|");
    const fixed = /^\s*: (.*)$/.exec(line);
    return fixed === null ? plainLine(inline(line)) : `    ${fixed[1]}`;
  });
  const title = oneLine(settings.get("title") ?? "");
  return {
    lines: written,
    title: title === "" ? null : title,
    metadata: toMetadata({
      author: settings.get("author"),
      created: isoDate(settings.get("date")?.replace(/^[<[](\d{4}-\d{2}-\d{2}).*$/, "$1")),
      description: settings.get("description"),
      keywords: keywordList(settings.get("keywords")),
      tags: [...(settings.get("filetags") ?? "").split(":"), ...tags],
    }),
  };
}

/** A link ends at the first opening bracket: from many that are never closed, the rest of the line must not be read. */
function inline(line: string): string {
  return line
    .replaceAll(/\[\[[^[\]]+\]\[([^[\]]+)\]\]/g, "$1")
    .replaceAll(/\[\[([^[\]]+)\]\]/g, "$1")
    .replaceAll(/(^|[\s('"])[=~]([^\s=~](?:[^=~]*[^\s=~])?)[=~](?=$|[\s.,;:!?)'"-])/g, "$1`$2`");
}
