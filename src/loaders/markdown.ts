import { decodeText } from "../files/decode-text.ts";
import { fileStem } from "../files/file-stem.ts";
import { readFrontMatter } from "../markdown/front-matter.ts";
import { LineIndex } from "../text/line-index.ts";
import type { Loader } from "./types.ts";

/** Markdown with YAML front matter. The page is the whole file, so that line numbers are those of the file. */
export const markdownLoader: Loader = {
  name: "markdown",
  version: 1,
  async load({ source, bytes }) {
    const { text, warnings } = await decodeText(bytes);
    const frontMatter = await readFrontMatter(text);
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

function titleIn(metadata: Readonly<Record<string, unknown>>): string | null {
  const title = metadata["title"];
  if (typeof title !== "string" && typeof title !== "number") return null;
  const line = String(title).replaceAll(/\s+/g, " ").trim();
  return line === "" ? null : line;
}

/** The words of the first heading that has any. */
async function firstHeading(text: string, bodyStart: number): Promise<string | null> {
  const { markdownBlocks } = await import("../markdown/blocks.ts");
  for (const block of markdownBlocks(text, bodyStart, new LineIndex(text))) {
    if (block.kind === "heading" && block.text !== "") return block.text;
  }
  return null;
}
