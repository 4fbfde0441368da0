import GithubSlugger from "github-slugger";
import { markdownBlocks } from "../../markdown/blocks.ts";
import { readFrontMatter } from "../../markdown/front-matter.ts";
import { withoutHeadingAttributes } from "../../markdown/heading-attributes.ts";
import { LineIndex } from "../../text/line-index.ts";
import type { Hit, UrlStyle } from "../../types.ts";
import { headingAnchor } from "./heading-anchor.ts";

/** A heading of a page, and where a link to it leads. */
export interface PageAnchor {
  /** Plain text. */
  heading: string;
  /** In the file, counted from 1. */
  line: number;
  anchor: string;
}

/**
 * The anchors of a Markdown page in their order, as its site makes them: a heading that occurs again gets a number, and
 * one with an id of its own (`{#id}`) that id, where the site reads ids. `isMdx`: the text is MDX.
 */
export async function pageAnchors(text: string, isMdx: boolean, style: UrlStyle): Promise<PageAnchor[]> {
  const { length: bodyStart } = await readFrontMatter(text);
  const readable = isMdx ? await readableText(text, bodyStart) : withoutHeadingAttributes(text, bodyStart);
  const written = text.split("\n");
  const lines = new LineIndex(readable);
  const unique = new GithubSlugger();
  const anchors: PageAnchor[] = [];
  for (const block of markdownBlocks(readable, bodyStart, lines)) {
    if (block.kind !== "heading") continue;
    const line = lines.lineAt(block.start);
    const attributes = /\{:?[ \t]*([#.][^{}]*)\}[ \t]*#*[ \t]*$/.exec(written[line - 1] ?? "");
    // GitHub shows the attributes as text.
    const title = style === "github" && attributes !== null ? `${block.text} ${attributes[1] ?? ""}` : block.text;
    const id = style === "github" ? undefined : /#([^\s#.{}]+)/.exec(attributes?.[1] ?? "")?.[1];
    // Both rules number what occurs again in the same way: `usage`, `usage-1`.
    const anchor = unique.slug(id ?? headingAnchor(title, style), id !== undefined);
    anchors.push({ heading: block.text, line, anchor });
  }
  return anchors;
}

async function readableText(text: string, bodyStart: number): Promise<string> {
  const { readableMdx } = await import("../../markdown/mdx/readable-mdx.ts");
  return readableMdx(text, bodyStart);
}

/**
 * The anchor of the heading that a passage stands under: the nearest of that text above it, else the first one in it.
 * `null` where the page has none, or has changed since.
 */
export function anchorOf(
  { heading, startLine, endLine }: Pick<Hit, "heading" | "startLine" | "endLine">,
  anchors: readonly PageAnchor[],
): string | null {
  const deepest = heading.at(-1);
  if (startLine === null) return null;
  const named = anchors.filter((anchor) => anchor.heading === deepest);
  const above = named.findLast(({ line }) => line <= startLine);
  return (above ?? named.find(({ line }) => line <= (endLine ?? startLine)))?.anchor ?? null;
}
