import { decodeHTML } from "entities";

/** What stands in one block-level element of a stretch of HTML. */
export interface HtmlBlock {
  kind: "heading" | "item" | "prose" | "code";
  /** 1 to 6; 0 where it is no heading. */
  level: number;
  /** As written, tags left out and entities decoded; lines counted from 0 at the start of the stretch. */
  lines: { text: string; line: number }[];
}

const invisible = /<!--[\s\S]*?(?:-->|$)|<(script|style|svg|button)\b[\s\S]*?(?:<\/\1>|$)/gi;
const tag = /<(\/?)([a-z][a-z0-9-]*)\b[^>]*>/gi;
const blockTag =
  /^(?:h[1-6]|p|li|ul|ol|dl|dt|dd|div|section|article|details|summary|table|thead|tbody|tr|td|th|pre|br|hr|blockquote)$/;

/** Nothing but links, two at least, side by side: the tabs or the menu of the page that the text was taken from. */
const navigation = /(?:<a\b[^>]*>(?:(?!<\/?(?:a|li|p|h[1-6])\b)[\s\S])*<\/a>\s*){2,}(?=<\/|$)/gi;
const isNavigation = (before: string) => /(?:^|<(?:div|nav|section|header|aside|ul)\b[^>]*>)\s*$/i.test(before);

/** Leaves nothing but the line breaks, so that lines keep their numbers. */
const blank = (text: string) => text.replaceAll(/[^\n]/g, "");

/**
 * The blocks of a stretch of HTML as it occurs inside Markdown, in order: enough to read it, no parser. Empty blocks,
 * comments, scripts, styles and buttons are left out.
 */
export function htmlBlocks(html: string): HtmlBlock[] {
  const text = html
    .replaceAll(invisible, blank)
    .replaceAll(navigation, (links, at: number, whole: string) =>
      isNavigation(whole.slice(0, at)) ? blank(links) : links,
    );
  const blocks: HtmlBlock[] = [];
  let block: HtmlBlock = { kind: "prose", level: 0, lines: [] };
  let line = 0;
  let offset = 0;

  const append = (written: string) => {
    for (const [index, part] of written.split("\n").entries()) {
      if (index > 0) line += 1;
      const last = block.lines.at(-1);
      if (last?.line === line) last.text += decodeHTML(part);
      else block.lines.push({ text: decodeHTML(part), line });
    }
  };
  const begin = (kind: HtmlBlock["kind"], level: number) => {
    const lines = block.lines.filter((one) => one.text.trim() !== "");
    if (lines.length > 0) blocks.push({ ...block, lines });
    block = { kind, level, lines: [] };
  };

  for (const match of text.matchAll(tag)) {
    const [written, slash, tagName = ""] = match;
    append(text.slice(offset, match.index));
    offset = match.index + written.length;
    line += written.split("\n").length - 1;
    const name = tagName.toLowerCase();
    if (!blockTag.test(name)) continue;
    const isOpening = slash === "";
    if (isOpening && /^h\d$/.test(name)) begin("heading", Number(name[1]));
    else if (isOpening && name === "pre") begin("code", 0);
    else if (isOpening && name === "li") begin("item", 0);
    // A paragraph in an item is the item's; a line break goes on with what it breaks.
    else if (isOpening && (name === "p" || name === "br")) begin(block.kind === "item" ? "item" : "prose", 0);
    else begin("prose", 0);
  }
  append(text.slice(offset));
  begin("prose", 0);
  return blocks;
}
