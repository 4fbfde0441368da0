import { messageOf, UserError } from "../errors.ts";
import { decodeText } from "../files/decode-text.ts";
import { fileStem } from "../files/file-stem.ts";
import { parseHtml } from "./html/dom.ts";
import { htmlToMarkdown } from "./html/to-markdown.ts";
import { firstHeading } from "./first-heading.ts";
import { toMetadata } from "./metadata.ts";
import type { Loader } from "./types.ts";

/** Characters of one output that are kept: logs of a training run say nothing new after that. */
const maxOutputChars = 20_000;

/**
 * A Jupyter notebook (formats 3 and 4) as Markdown: its texts as they are, its code and what it printed in fences, tables
 * of results as tables. Images, widgets and other data are left out.
 * Throws `UserError` `unreadable-notebook` where the file is not a notebook's JSON.
 */
export const notebookLoader: Loader = {
  name: "notebook",
  version: 2,
  async load({ source, bytes }) {
    const { text: json, warnings } = await decodeText(bytes);
    const notebook = parseNotebook(json);
    const about = mapping(notebook["metadata"]);
    const language = stringOf(mapping(about["kernelspec"])["language"] ?? mapping(about["language_info"])["name"]);
    const blocks: string[] = [];
    const cells = cellsOf(notebook).map(mapping);
    for (const cell of cells) blocks.push(...(await cellBlocks(cell, language)));
    const unreadable = cells.filter(({ source, input }) => !isText(source ?? input)).length;
    if (unreadable > 0) warnings.push(`${unreadable} of ${cells.length} cells have no text where it belongs`);
    const text = blocks.join("\n\n");
    const authors = listOf(about["authors"]).map((author) => stringOf(mapping(author)["name"]));
    return {
      document: {
        source,
        format: "notebook",
        title: stringOf(about["title"]) || (firstHeading(text) ?? fileStem(source)),
        metadata: toMetadata({ author: authors, programmingLanguage: language }),
        places: "none",
        markup: "markdown",
        pages: [{ text }],
        bodyStart: 0,
      },
      warnings,
    };
  },
};

function parseNotebook(json: string): Record<string, unknown> {
  const problem = (reason: string, cause?: unknown) =>
    new UserError("unreadable-notebook", `the notebook cannot be read: ${reason}`, {
      hint: "open it in Jupyter and save a copy",
      cause,
    });
  let notebook: Record<string, unknown>;
  try {
    notebook = mapping(JSON.parse(json));
  } catch (error) {
    throw problem(messageOf(error), error);
  }
  if (!Array.isArray(notebook["cells"]) && !Array.isArray(notebook["worksheets"])) throw problem("it has no cells");
  return notebook;
}

function cellsOf(notebook: Record<string, unknown>): unknown[] {
  return [
    ...listOf(notebook["cells"]),
    ...listOf(notebook["worksheets"]).flatMap((sheet) => listOf(mapping(sheet)["cells"])),
  ];
}

async function cellBlocks(cell: Record<string, unknown>, language: string): Promise<string[]> {
  const kind = cell["cell_type"];
  const text = lines(cell["source"] ?? cell["input"]).trim();
  if (kind === "markdown") return text === "" ? [] : [withoutImageData(text)];
  if (kind === "heading") return [`${"#".repeat(Number(cell["level"]) || 1)} ${text}`];
  if (kind !== "code") return text === "" ? [] : [text];
  const blocks = text === "" ? [] : [fence(text, language)];
  for (const output of listOf(cell["outputs"])) blocks.push(...(await outputBlocks(mapping(output))));
  return blocks;
}

async function outputBlocks(output: Record<string, unknown>): Promise<string[]> {
  const data = { ...output, ...mapping(output["data"]) };
  if (output["output_type"] === "stream") return outputFence(lines(output["text"]));
  if (output["output_type"] === "error" || output["output_type"] === "pyerr") {
    return outputFence(`${stringOf(output["ename"])}: ${stringOf(output["evalue"])}`);
  }
  const html = lines(data["text/html"] ?? data["html"]);
  // The HTML of a result table has all columns; its plain text is cut to the width of a terminal.
  if (/<table[\s>]/i.test(html)) {
    const { body } = await parseHtml(html);
    const table = body === null ? "" : htmlToMarkdown(body);
    if (table !== "" && table.length <= maxOutputChars) return [table];
  }
  const markdown = lines(data["text/markdown"]);
  if (markdown.trim() !== "") return [withoutImageData(markdown.trim())];
  const plain = lines(data["text/plain"] ?? output["text"] ?? data["text/latex"]);
  // `<Figure size 640x480 with 1 Axes>` stands for an image, `<IPython.core.display.HTML object>` for a page.
  const isStandIn = /^<(?:[\w.]+ )?[\w.]*(?:Figure|Axes|Image|object)\b[^\n]*>$/.test(plain.trim());
  if (plain.trim() !== "" && !isStandIn) return outputFence(plain);
  const { body } = await parseHtml(html);
  const page = body === null ? "" : htmlToMarkdown(body);
  return page === "" ? [] : [page.slice(0, maxOutputChars)];
}

function outputFence(text: string): string[] {
  const shown = withoutImageData(asPrinted(text.replaceAll(/\u001B\[[0-9;]*[A-Za-z]/g, "")).trimEnd());
  if (shown.trim() === "") return [];
  return [fence(shown.length > maxOutputChars ? `${shown.slice(0, maxOutputChars)}\n…` : shown, "")];
}

/** A carriage return writes over the line, as progress bars do: its last writing is what stays on the screen. */
function asPrinted(text: string): string {
  if (!text.includes("\r")) return text;
  const shown = (line: string): string => line.split("\r").findLast((part) => part !== "") ?? "";
  return text.split("\n").map(shown).join("\n");
}

function fence(text: string, language: string): string {
  const longest = Array.from(text.matchAll(/`{3,}/g), ([run]) => run.length).reduce((a, b) => Math.max(a, b), 2);
  const marks = "`".repeat(longest + 1);
  return `${marks}${language}\n${text}\n${marks}`;
}

/** Images that are written into the text: `data:image/png;base64,…`. */
function withoutImageData(text: string): string {
  return text.replaceAll(/data:[\w/+.-]+;base64,[A-Za-z0-9+/=]{40,}/g, "data:");
}

function isText(value: unknown): boolean {
  return [value].flat(1).every((line) => typeof line === "string");
}

/** Text is a string, or a list of strings. */
function lines(value: unknown): string {
  return [value].flat(1).map(stringOf).join("").replaceAll("\r\n", "\n");
}

function stringOf(value: unknown): string {
  return typeof value === "string" ? value.toWellFormed().replaceAll("\0", " ") : "";
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function mapping(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}
