import { decodeText } from "../files/decode-text.ts";
import { fileStem } from "../files/file-stem.ts";
import { readFrontMatter } from "../markdown/front-matter.ts";
import { withoutHeadingAttributes } from "../markdown/heading-attributes.ts";
import { LineIndex } from "../text/line-index.ts";
import type { Loader } from "./types.ts";

/**
 * Markdown and MDX with YAML front matter. The page has the lines of the file, so that line numbers are the file's. Of
 * Markdown all is kept but the attributes of headings; of MDX what a reader of the page sees.
 */
export const markdownLoader: Loader = {
  name: "markdown",
  version: 3,
  async load({ source, bytes }) {
    const { text: written, warnings } = await decodeText(bytes);
    const frontMatter = await readFrontMatter(written);
    const text = await readableText(written, frontMatter.length, isMdx(source));
    const title = titleIn(frontMatter.metadata) ?? (await firstHeading(text, frontMatter.length));
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

function isMdx(source: string): boolean {
  return source.toLowerCase().endsWith(".mdx");
}

async function readableText(text: string, bodyStart: number, mdx: boolean): Promise<string> {
  if (!mdx) return withoutHeadingAttributes(text, bodyStart);
  const { readableMdx } = await import("../markdown/mdx/readable-mdx.ts");
  return readableMdx(text, bodyStart);
}

function titleIn(metadata: Readonly<Record<string, unknown>>): string | null {
  const title = metadata["title"];
  if (typeof title !== "string" && typeof title !== "number") return null;
  const line = String(title).replaceAll(/\s+/g, " ").trim();
  return line === "" ? null : line;
}

/** Few files have their first heading further down than this many characters. */
const headChars = 4096;

/** The words of the first heading that has any. Parses no more of the text than what stands above it, in most files. */
async function firstHeading(text: string, bodyStart: number): Promise<string | null> {
  const { markdownBlocks } = await import("../markdown/blocks.ts");
  const lines = new LineIndex(text);
  const headingIn = (windowChars?: number) => {
    for (const block of markdownBlocks(text, bodyStart, lines, windowChars)) {
      if (block.kind === "heading" && block.text !== "") return block;
    }
    return null;
  };
  const heading = headingIn(headChars);
  // A link in the heading may be defined far below it.
  const hasLink = heading !== null && text.slice(heading.start, heading.end).includes("[");
  return (hasLink ? headingIn() : heading)?.text ?? null;
}
