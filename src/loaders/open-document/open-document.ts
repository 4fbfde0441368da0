import { UserError } from "../../errors.ts";
import { fileStem } from "../../files/file-stem.ts";
import type { Document } from "../../types.ts";
import { attribute, descendants, elements } from "../archive/xml.ts";
import type { XmlElement } from "../archive/xml.ts";
import { documentProperties, openDocumentArchive, readPart } from "../office/office-package.ts";
import { firstHeading } from "../first-heading.ts";
import { sheetText } from "../tabular/sheet-text.ts";
import type { LoadResult, Loader } from "../types.ts";
import { blocksOf } from "./blocks.ts";
import { sheetRows } from "./sheet-rows.ts";

/**
 * Text documents, presentations and spreadsheets of OpenDocument (LibreOffice). A text is one Markdown text, a slide or
 * a sheet a page. Images, comments, deleted text and page headers are left out.
 * Throws `UserError` `encrypted`, `unexpected-content`, `damaged-archive`, `unreadable-xml`.
 */
function openDocumentLoader(name: "odt" | "odp" | "ods", pagesOf: (content: XmlElement) => string[]): Loader {
  return {
    name,
    version: 1,
    async load({ source, bytes }): Promise<LoadResult> {
      const archive = await openDocumentArchive(bytes, "content.xml", "OpenDocument file");
      const manifest = await archive.read("META-INF/manifest.xml");
      if (manifest?.includes("encryption-data") === true) {
        throw new UserError("encrypted", "the OpenDocument file is protected by a password", {
          hint: "save a copy without a password",
        });
      }
      const { title, metadata } = await documentProperties(archive, "meta.xml");
      const content = await readPart(archive, "content.xml");
      const pages = (content === null ? [] : pagesOf(content)).map((text) => ({ text }));
      const heading = name === "ods" ? null : firstHeading(pages[0]?.text ?? "");
      const document: Document = {
        source,
        format: name,
        title: title ?? heading ?? fileStem(source),
        metadata,
        places: name === "odt" ? "none" : "pages",
        markup: "markdown",
        pages,
        bodyStart: 0,
      };
      return { document, warnings: [] };
    },
  };
}

export const odtLoader = openDocumentLoader("odt", (content) => [
  [...descendants(content, "text")].slice(0, 1).flatMap(blocksOf).join("\n\n"),
]);

export const odpLoader = openDocumentLoader("odp", (content) =>
  [...descendants(content, "page")].map((page) => {
    const notes = elements(page, "notes").flatMap(blocksOf);
    const shapes = elements(page).filter(({ name }) => name !== "notes");
    const titles = shapes.filter(isTitle).flatMap(blocksOf);
    const others = shapes
      .filter((shape) => !isTitle(shape))
      .flatMap((shape) => blocksOf({ ...page, children: [shape] }));
    const title = titles.length === 0 ? [] : [`# ${titles.join(" ").replaceAll(/\s+/g, " ")}`];
    return [...title, ...others, ...(notes.length === 0 ? [] : ["Notes:", ...notes])].join("\n\n");
  }),
);

function isTitle(shape: XmlElement): boolean {
  return attribute(shape, "class") === "title";
}

export const odsLoader = openDocumentLoader("ods", (content) =>
  [...descendants(content, "table")].map((table) => sheetText(attribute(table, "name") ?? "", sheetRows(table))),
);
