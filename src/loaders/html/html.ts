import { fileStem } from "../../files/file-stem.ts";
import { firstHeading } from "../first-heading.ts";
import type { Loader } from "../types.ts";
import { decodeHtml } from "./decode-html.ts";
import { parseHtml } from "./dom.ts";
import { pageMetadata } from "./metadata.ts";
import { readableMarkdown } from "./readable.ts";

/**
 * A web page: its content as Markdown, without menus, footers and scripts. Title and metadata come from its head.
 * Throws `UserError` `not-text` for binary data and `unreadable-html` for a page that is nested too deep.
 */
export const htmlLoader: Loader = {
  name: "html",
  version: 2,
  async load({ source, bytes }) {
    const { text: html, warnings } = await decodeHtml(bytes);
    const document = await parseHtml(html);
    const { title, metadata } = pageMetadata(document);
    const page = await readableMarkdown(document);
    const isEmpty = page.text === "" && html.trim() !== "";
    return {
      document: {
        source,
        format: "html",
        title: title ?? page.title ?? firstHeading(page.text) ?? fileStem(source),
        metadata,
        places: "none",
        markup: "markdown",
        pages: [{ text: page.text }],
        bodyStart: 0,
      },
      warnings: isEmpty ? [...warnings, "the page has no text; it may be drawn by scripts"] : warnings,
    };
  },
};
