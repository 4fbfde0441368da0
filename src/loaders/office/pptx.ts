import { fileStem } from "../../files/file-stem.ts";
import { attribute, descendants, elements, textContent } from "../archive/xml.ts";
import type { XmlElement } from "../archive/xml.ts";
import type { Archive } from "../archive/zip.ts";
import { oneLine } from "../metadata.ts";
import { pipeTable } from "../tabular/pipe-table.ts";
import type { Loader } from "../types.ts";
import { documentProperties, openDocumentArchive, readPart, relationshipsOf } from "./office-package.ts";

/**
 * A PowerPoint presentation, a slide a page in the order of the show: title, text, tables, the labels and values of
 * charts, diagrams, then the speaker's notes. Images, comments and the texts of masters are left out.
 * Throws `UserError` `encrypted`, `unexpected-content`, `damaged-archive`, `unreadable-xml`.
 */
export const pptxLoader: Loader = {
  name: "pptx",
  version: 2,
  async load({ source, bytes }) {
    const archive = await openDocumentArchive(bytes, "[Content_Types].xml", "PowerPoint presentation");
    const { title, metadata } = await documentProperties(archive, "docProps/core.xml");
    const { paths, missing } = await slidePaths(archive);
    const pages: { text: string }[] = [];
    for (const path of paths) pages.push({ text: await slideText(archive, path) });
    const heading = /^# (.+)$/m.exec(pages[0]?.text ?? "")?.[1];
    return {
      document: {
        source,
        format: "pptx",
        title: title ?? heading ?? fileStem(source),
        metadata,
        places: "pages",
        markup: "markdown",
        pages,
        bodyStart: 0,
      },
      warnings: missing === 0 ? [] : [`${missing} of ${paths.length + missing} slides are missing in the file`],
    };
  },
};

async function slidePaths(archive: Archive): Promise<{ paths: string[]; missing: number }> {
  const main = [...(await relationshipsOf(archive, "")).values()].find(({ type }) => type === "officeDocument");
  const part = main?.path ?? "ppt/presentation.xml";
  const presentation = await readPart(archive, part);
  const targets = await relationshipsOf(archive, part);
  const listed = presentation === null ? [] : [...descendants(presentation, "sldId")];
  const paths = listed.map((slide) => targets.get(attribute(slide, "id", true) ?? "")?.path);
  const found = paths.filter((path): path is string => path !== undefined && archive.has(path));
  return { paths: found, missing: paths.length - found.length };
}

async function slideText(archive: Archive, path: string): Promise<string> {
  const slide = await readPart(archive, path);
  if (slide === null) return "";
  const targets = await relationshipsOf(archive, path);
  const blocks = [...shapesOf(slide)].sort((a, b) => Number(isTitle(b)) - Number(isTitle(a))).flatMap(shapeBlocks);
  for (const { path: part, type } of targets.values()) {
    if (type !== "chart" && type !== "diagramData") continue;
    const related = await readPart(archive, part);
    if (related !== null) blocks.push(...(type === "chart" ? chartBlocks(related) : diagramBlocks(related)));
  }
  const notes = [...targets.values()].find(({ type }) => type === "notesSlide");
  const notesSlide = notes === undefined ? null : await readPart(archive, notes.path);
  if (notesSlide !== null) {
    const text = [...shapesOf(notesSlide)].filter((shape) => placeholder(shape) === "body").flatMap(shapeBlocks);
    if (text.length > 0) blocks.push("Notes:", ...text);
  }
  return blocks.join("\n\n");
}

/** Shapes with text and tables, those in groups too. Of alternatives for several versions the first one is taken. */
function* shapesOf(parent: XmlElement): Generator<XmlElement> {
  for (const child of elements(parent)) {
    if (child.name === "sp" || child.name === "graphicFrame" || child.name === "cxnSp") yield child;
    else if (child.name === "AlternateContent") {
      const [first] = elements(child);
      if (first !== undefined) yield* shapesOf(first);
    } else yield* shapesOf(child);
  }
}

function placeholder(shape: XmlElement): string | null {
  const [found] = descendants(shape, "ph");
  return found === undefined ? null : (attribute(found, "type") ?? "body");
}

function isTitle(shape: XmlElement): boolean {
  return placeholder(shape) === "title" || placeholder(shape) === "ctrTitle";
}

function shapeBlocks(shape: XmlElement): string[] {
  if (shape.name === "graphicFrame") return [...descendants(shape, "tbl")].map(tableText).filter((text) => text !== "");
  if (/^(?:dt|sldNum|ftr|hdr)$/.test(placeholder(shape) ?? "")) return [];
  const [body] = descendants(shape, "txBody");
  if (body === undefined) return [];
  const paragraphs = elements(body, "p")
    .map((paragraph) => ({ text: paragraphText(paragraph), level: levelOf(paragraph) }))
    .filter(({ text }) => text !== "");
  if (paragraphs.length === 0) return [];
  if (isTitle(shape)) return [`# ${paragraphs.map(({ text }) => text).join(" ")}`];
  // One paragraph is a sentence or a label; several are the points of the slide.
  if (paragraphs.length === 1) return paragraphs.map(({ text }) => text);
  const lowest = Math.min(...paragraphs.map(({ level }) => level));
  return [paragraphs.map(({ text, level }) => `${"  ".repeat(level - lowest)}- ${text}`).join("\n")];
}

function levelOf(paragraph: XmlElement): number {
  const [properties] = elements(paragraph, "pPr");
  const level = properties === undefined ? null : attribute(properties, "lvl");
  return Math.min(8, Math.max(0, Number.parseInt(level ?? "0", 10) || 0));
}

/** The text of a paragraph on one line; formulas give their signs. */
function paragraphText(paragraph: XmlElement): string {
  let text = "";
  for (const part of descendants(paragraph, "t", "br", "tab")) text += part.name === "t" ? textContent(part) : " ";
  return oneLine(text);
}

/** A table; a cell that spans rows stands in each of them, as the file has an empty cell for every one. */
function tableText(table: XmlElement): string {
  let above: string[] = [];
  const rows = elements(table, "tr").map((row) => {
    const cells = elements(row, "tc").map((cell, column) =>
      /^(?:1|true)$/.test(attribute(cell, "vMerge") ?? "")
        ? (above[column] ?? "")
        : [...descendants(cell, "p")].map(paragraphText).join(" "),
    );
    above = cells;
    return cells;
  });
  return pipeTable(rows);
}

/** The title of a chart, and a table with a row a category and a column a series. */
function chartBlocks(chart: XmlElement): string[] {
  const [title] = descendants(chart, "title");
  const heading = title === undefined ? "" : [...descendants(title, "p")].map(paragraphText).join(" ").trim();
  const series = [...descendants(chart, "ser")].map((element) => ({
    name: pointsOf(element, "tx")[0] ?? "",
    categories: pointsOf(element, "cat", "xVal"),
    values: pointsOf(element, "val", "yVal"),
  }));
  const categories = series.find((one) => one.categories.length > 0)?.categories ?? [];
  const rows = categories.map((category, index) => [category, ...series.map(({ values }) => values[index] ?? "")]);
  const table = pipeTable([["", ...series.map(({ name }) => name)], ...rows]);
  return [heading, table].filter((block) => block !== "");
}

function pointsOf(series: XmlElement, ...names: string[]): string[] {
  const [source] = descendants(series, ...names);
  return source === undefined ? [] : [...descendants(source, "v")].map((value) => oneLine(textContent(value)));
}

function diagramBlocks(diagram: XmlElement): string[] {
  const points = [...descendants(diagram, "p")].map(paragraphText).filter((text) => text !== "");
  return points.length === 0 ? [] : [points.map((text) => `- ${text}`).join("\n")];
}
