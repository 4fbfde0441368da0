import { attribute, descendants, elements } from "../archive/xml.ts";
import type { XmlElement } from "../archive/xml.ts";
import { pipeTable } from "../tabular/pipe-table.ts";
import { sheetRows } from "./sheet-rows.ts";

/** Spaces that one element may stand for. */
const maxSpaces = 100;

/** The blocks of Markdown that an element of OpenDocument's text holds: headings, paragraphs, lists, tables, frames. */
export function blocksOf(parent: XmlElement): string[] {
  const blocks: string[] = [];
  for (const child of elements(parent)) {
    if (child.name === "h") {
      const level = Math.min(6, Math.max(1, Number.parseInt(attribute(child, "outline-level") ?? "1", 10) || 1));
      const text = lineOf(child);
      if (text !== "") blocks.push(`${"#".repeat(level)} ${text}`);
    } else if (child.name === "p") blocks.push(...paragraphBlocks(child));
    else if (child.name === "list") blocks.push(listText(child));
    else if (child.name === "table") blocks.push(pipeTable(sheetRows(child)));
    else if (!silent.has(child.name)) blocks.push(...blocksOf(child));
  }
  return blocks.filter((block) => block !== "");
}

/** Deleted text, comments, fields of forms, and what draws or numbers. */
const silent = new Set([
  "annotation",
  "forms",
  "image",
  "sequence-decls",
  "style",
  "tracked-changes",
  "variable-decls",
  "index-title-template",
  "table-of-content-source",
]);

/** The paragraph, and the blocks of the text boxes and tables that are anchored in it. */
function paragraphBlocks(paragraph: XmlElement): string[] {
  const frames = [...descendants(paragraph, "text-box")].flatMap(blocksOf);
  return [lineOf(paragraph), ...frames];
}

/** The text of a paragraph on one line. Notes stand where they are called, in brackets. */
function lineOf(element: XmlElement): string {
  return inline(element).replaceAll(/\s+/g, " ").trim();
}

function inline(element: XmlElement): string {
  let text = "";
  for (const child of element.children) {
    if (typeof child === "string") text += child;
    else if (child.name === "s") {
      text += " ".repeat(Math.min(maxSpaces, Number.parseInt(attribute(child, "c") ?? "1", 10) || 1));
    } else if (child.name === "tab" || child.name === "line-break") text += " ";
    else if (child.name === "note") {
      const [body] = elements(child, "note-body");
      text += body === undefined ? "" : ` [${blocksOf(body).join(" ")}]`;
    } else if (!silent.has(child.name) && child.name !== "frame" && child.name !== "text-box") text += inline(child);
  }
  return text;
}

function listText(list: XmlElement): string {
  const items: string[] = [];
  for (const item of elements(list)) {
    const blocks = blocksOf(item);
    const [first, ...others] = blocks;
    if (first === undefined) continue;
    const rest = others.map((block) => (block.startsWith("- ") ? `\n${block}` : `\n\n${block}`)).join("");
    items.push(`- ${(first + rest).replaceAll(/\n(?=[^\n])/g, "\n  ")}`);
  }
  return items.join("\n");
}
