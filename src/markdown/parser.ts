import MarkdownIt from "markdown-it";

/** Reads documents: CommonMark with GFM tables and HTML. */
export const documentParser = new MarkdownIt({ html: true });

/**
 * Reads passages of documents in the same way, but for two rules. Indented text is prose: passages are cut out of lists,
 * and text out of a PDF is indented at random. A link definition is text: what refers to it may stand elsewhere.
 */
export const passageParser = new MarkdownIt({ html: true }).disable(["code", "reference"]);
