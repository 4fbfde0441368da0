import { childNodes, isElement, textNode, type HtmlElement } from "./dom.ts";
import { tableBlocks } from "./table.ts";

/**
 * The text of an element as Markdown: headings, lists, pipe tables with a header, fenced code, quotations, definition
 * lists. What shows no text (scripts, styles, buttons, form fields, hidden elements), images without a description,
 * the targets of links and marks of emphasis are left out: they say nothing that is searched for.
 */
export function htmlToMarkdown(root: HtmlElement): string {
  return blocksOf(root).join("\n\n");
}

/** Blocks of Markdown, and the inline text that becomes the next one. */
interface Writer {
  blocks: string[];
  inline: string;
}

/** Elements that show no text, or that belong to the page and not to its content. */
const silent = new Set(
  "script style noscript template head title meta link svg canvas iframe object embed audio video map button input select option textarea datalist dialog menu rp".split(
    " ",
  ),
);

/** Links that tools put beside a heading, numbers of code lines, edit links. */
const permalink =
  /(?:^|\s)(?:headerlink|anchor-link|hash-link|mw-editsection|linenos?|linenodiv|lineno|gutter)(?:\s|$)/;

/** Elements that begin and end a paragraph; all others stand in one. */
const blockElements = new Set(
  "html body main article section div p header footer nav aside address figure figcaption details summary form fieldset legend center dir hgroup search dt dd li tr td th thead tbody tfoot caption optgroup".split(
    " ",
  ),
);

/** A line break that the page asks for, while white space is made one space. */
const hardBreak = "\v";

function blocksOf(parent: HtmlElement): string[] {
  const writer: Writer = { blocks: [], inline: "" };
  writeChildren(parent, writer);
  flush(writer);
  return writer.blocks;
}

function writeChildren(parent: HtmlElement, writer: Writer): void {
  for (const node of childNodes(parent)) {
    if (node.nodeType === textNode) writer.inline += (node.textContent ?? "").replaceAll(hardBreak, " ");
    else if (isElement(node) && !isSilent(node)) writeElement(node, writer);
  }
}

function writeElement(element: HtmlElement, writer: Writer): void {
  const name = element.localName;
  const push = (...blocks: string[]) => {
    flush(writer);
    writer.blocks.push(...blocks.filter((block) => block !== ""));
  };
  if (name === "br") writer.inline += hardBreak;
  else if (name === "img") writer.inline += description(element);
  else if (name === "math") writer.inline += ` ${formula(element)} `;
  else if (name === "wbr") writer.inline += "";
  else if (/^h[1-6]$/.test(name)) push(heading(element));
  else if (name === "ul" || name === "ol") {
    // A list of parts that have headings (results, cards) divides the page; it is no list of points.
    if (element.querySelector("h1, h2, h3, h4, h5, h6") === null) push(list(element));
    else writeBlock(element, writer);
  } else if (name === "dl") push(...definitions(element));
  else if (name === "pre" || name === "listing" || name === "xmp") push(fence(element));
  else if (name === "blockquote") push(quotation(blocksOf(element)));
  else if (name === "table") push(...tableBlocks(element, { blocksOf, lineOf }));
  else if (name === "hr") push();
  else if (name === "code" || name === "kbd" || name === "samp" || name === "tt") {
    writer.inline += inlineCode(element.textContent ?? "");
  } else if (blockElements.has(name)) writeBlock(element, writer);
  else writeChildren(element, writer);
}

function writeBlock(element: HtmlElement, writer: Writer): void {
  flush(writer);
  writeChildren(element, writer);
  flush(writer);
}

function isSilent(element: HtmlElement): boolean {
  if (silent.has(element.localName) || element.hasAttribute("hidden")) return true;
  return (
    /display\s*:\s*none|visibility\s*:\s*hidden/i.test(element.getAttribute("style") ?? "") ||
    permalink.test(element.getAttribute("class") ?? "")
  );
}

function flush(writer: Writer): void {
  const lines = writer.inline.split(hardBreak).map((line) => escapeBlockStart(tidy(line)));
  const text = lines
    .join("\n")
    .replaceAll(/\n{2,}/g, "\n")
    .trim();
  if (text !== "") writer.blocks.push(text);
  writer.inline = "";
}

function tidy(text: string): string {
  return text
    .replaceAll(/[\u00AD\u200B\uFEFF]/g, "")
    .replaceAll(/\s+/g, " ")
    .trim();
}

/** Text at the start of a line that Markdown would take for a heading, a fence, a rule, a table or HTML. */
function escapeBlockStart(line: string): string {
  return /^(?:#{1,6}(?:\s|$)|`{3}|~{3}|[-=_*]{3,}$|[<|>])/.test(line) ? `\\${line}` : line;
}

/**
 * The text of an element on one line: items of a list and rows of a table are separated by semicolons, other blocks by
 * spaces.
 */
function lineOf(element: HtmlElement): string {
  return tidy(blocksOf(element).map(blockLine).join(" "));
}

function blockLine(block: string): string {
  if (listStart.test(block)) return inOneLine(block.replace(listStart, ""));
  if (!block.startsWith("| ")) return block;
  const rows = block.split("\n").filter((row) => !/^\|(?: --- \|)+$/.test(row));
  return rows
    .map((row) =>
      row
        .replaceAll(/^\| | \|$/g, "")
        .replaceAll(" | ", ", ")
        .replaceAll("\\|", "|"),
    )
    .join("; ");
  /** The items of a list behind its first one, each on a line of its own, behind semicolons. */
  function inOneLine(list: string): string {
    // From the beginning of the white space: each of its line breaks would be tried to the end of it.
    return list.replaceAll(/(?<!\s)(\s+)(?:- |\d+\. )/g, (item, space: string) =>
      space.includes("\n") ? `${space.slice(0, space.indexOf("\n"))}; ` : item,
    );
  }
}

const listStart = /^(?:- |\d+\. )/;

function heading(element: HtmlElement): string {
  const writer: Writer = { blocks: [], inline: "" };
  writeChildren(element, writer);
  flush(writer);
  const text = tidy(writer.blocks.join(" "))
    .replace(/^\\/, "")
    .replace(/(?:(?<!\s)\s+|(?<![\s#¶§🔗]))[#¶§🔗]+$/u, (sign) =>
      /^\s/.test(sign) || /[¶§🔗]/u.test(sign) ? "" : sign,
    );
  if (text === "") return "";
  const level = Number(element.getAttribute(levelAttribute) ?? element.localName.slice(1));
  return `${"#".repeat(level)} ${text}`;
}

/** Where the level of a heading is kept while Readability makes every `<h1>` an `<h2>`. */
export const levelAttribute = "data-heading-level";

function list(element: HtmlElement): string {
  const items: string[] = [];
  let number = Number.parseInt(element.getAttribute("start") ?? "1", 10) || 1;
  for (let child = element.firstElementChild; child !== null; child = child.nextElementSibling) {
    if (isSilent(child)) continue;
    // Some pages put the inner list beside the items instead of into one.
    if (child.localName === "ul" || child.localName === "ol") {
      const inner = list(child);
      if (inner !== "") items.push(`  ${indent(inner, 2)}`);
      continue;
    }
    const blocks = blocksOf(child);
    if (blocks.length === 0) continue;
    const marker = element.localName === "ol" ? `${number}. ` : "- ";
    number += 1;
    items.push(marker + indent(joinItem(blocks), marker.length));
  }
  return items.join("\n");
}

/** A nested list follows its item without a blank line; other blocks are paragraphs of their own. */
function joinItem(blocks: readonly string[]): string {
  return blocks.reduce((text, block) => `${text}${listStart.test(block) ? "\n" : "\n\n"}${block}`);
}

function indent(text: string, columns: number): string {
  return text.replaceAll(/\n(?=[^\n])/g, `\n${" ".repeat(columns)}`);
}

/** Terms with what they mean, in the way that Markdown's extensions write them. */
function definitions(element: HtmlElement): string[] {
  const blocks: string[] = [];
  for (const child of definitionParts(element)) {
    const inside = blocksOf(child);
    if (inside.length === 0) continue;
    if (child.localName === "dd" && blocks.length > 0) {
      blocks.push(`${blocks.pop()}\n: ${indent(joinItem(inside), 2)}`);
    } else blocks.push(...inside);
  }
  return blocks;
}

/** `<dt>` and `<dd>`, which may stand in groups of `<div>`. */
function* definitionParts(parent: HtmlElement): Generator<HtmlElement> {
  for (let child = parent.firstElementChild; child !== null; child = child.nextElementSibling) {
    if (child.localName === "div") yield* definitionParts(child);
    else if (!isSilent(child)) yield child;
  }
}

function quotation(blocks: readonly string[]): string {
  if (blocks.length === 0) return "";
  return blocks.join("\n\n").replaceAll(/^/gm, "> ").replaceAll(/ +$/gm, "");
}

function fence(element: HtmlElement): string {
  const code = codeText(element).replace(/^\n+/, "").trimEnd();
  if (code === "") return "";
  const longest = Math.max(2, ...Array.from(code.matchAll(/`+/g), ([run]) => run.length));
  const marks = "`".repeat(longest + 1);
  return `${marks}${languageOf(element)}\n${code}\n${marks}`;
}

function codeText(element: HtmlElement): string {
  let text = "";
  for (const node of childNodes(element)) {
    if (node.nodeType === textNode) text += node.textContent ?? "";
    else if (isElement(node) && node.localName === "br") text += "\n";
    else if (isElement(node) && !isSilent(node)) text += codeText(node);
  }
  return text;
}

/** The language that highlighters note in a class: `language-ts`, `lang-py`, `highlight-source-shell`. */
function languageOf(element: HtmlElement): string {
  const places = [element, element.querySelector("code"), element.parentNode, element.parentNode?.parentNode ?? null];
  for (const place of places) {
    const classes = place !== null && isElement(place) ? (place.getAttribute("class") ?? "") : "";
    const found = /(?:^|\s)(?:language|lang|highlight-source|highlight|brush:)-?\s*([a-z][\w+#-]*)/i.exec(classes);
    if (found?.[1] !== undefined && !/^(?:source|text|default|none)$/.test(found[1])) return found[1];
  }
  return "";
}

function inlineCode(text: string): string {
  const code = text.replaceAll(/\s+/g, " ");
  if (code.trim() === "") return code;
  return code.includes("`") ? `\`\` ${code.trim()} \`\`` : `\`${code}\``;
}

/** What an image shows, where the page says it in words: one word is the name of an icon. */
function description(image: HtmlElement): string {
  const text = tidy(image.getAttribute("alt") ?? "");
  return /\S\s+\S/.test(text) ? ` ${text} ` : "";
}

/** A formula as TeX, where the page has it; else its signs. */
function formula(element: HtmlElement): string {
  const tex = element.getAttribute("alttext") ?? element.querySelector('annotation[encoding*="tex"]')?.textContent;
  return tidy(tex ?? element.textContent ?? "");
}
