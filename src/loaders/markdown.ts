import { decodeText } from "../files/decode-text.ts";
import { fileStem } from "../files/file-stem.ts";
import { readFrontMatter } from "../markdown/front-matter.ts";
import type { Loader } from "./types.ts";

/** Markdown with YAML front matter. The page is the whole file, so that line numbers are those of the file. */
export const markdownLoader: Loader = {
  name: "markdown",
  version: 1,
  async load({ source, bytes }) {
    const { text, warnings } = await decodeText(bytes);
    const frontMatter = await readFrontMatter(text);
    const title = titleIn(frontMatter.metadata) ?? (await firstHeading(text.slice(frontMatter.length)));
    return {
      document: {
        source,
        format: "markdown",
        title: title ?? fileStem(source),
        metadata: frontMatter.metadata,
        places: "lines",
        markup: "markdown",
        pages: [{ text }],
        bodyStart: frontMatter.length,
      },
      warnings: frontMatter.warning === null ? warnings : [...warnings, frontMatter.warning],
    };
  },
};

function titleIn(metadata: Readonly<Record<string, unknown>>): string | null {
  const title = metadata["title"];
  if (typeof title !== "string" && typeof title !== "number") return null;
  const line = String(title).replaceAll(/\s+/g, " ").trim();
  return line === "" ? null : line;
}

/** Few files keep their first heading further down than this many characters. */
const headLength = 4096;

/**
 * The first heading that has text. The head of the file is looked at first: what a line is depends on the lines
 * above it alone, so a heading found there is the first one of the file too.
 */
async function firstHeading(body: string): Promise<string | null> {
  if (body.trim() === "") return null;
  const { headingsOf } = await import("../markdown/document-headings.ts");
  const headEnd = body.indexOf("\n", headLength);
  const head = headEnd === -1 ? body : body.slice(0, headEnd + 1);
  const [first] = headingsOf(head);
  if (first !== undefined || head === body) return first ?? null;
  return headingsOf(body).next().value ?? null;
}
