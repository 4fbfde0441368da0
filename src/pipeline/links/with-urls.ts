import { resolve } from "node:path";
import { readRegularFile } from "../../files/read-regular-file.ts";
import { leadsInto } from "../../files/real-path.ts";
import type { Hit, UrlStyle } from "../../types.ts";
import type { Citation } from "../ask/citations.ts";
import type { PageAnchor } from "./page-anchors.ts";
import { type UrlMap, isMarkdownFile, publishedUrl } from "./published-url.ts";

export interface LinkOptions {
  urls: UrlMap;
  urlStyle: UrlStyle;
  /** Absolute folder that sources are relative to. */
  projectRoot: string;
}

/** What can be published: a hit, or a passage that was read. */
type LinkedPlace = Pick<Hit, "source" | "heading" | "page" | "startLine" | "endLine" | "metadata" | "url">;

/** A larger page is linked by the words of its headings alone. */
const maxPageBytes = 4_000_000;

/**
 * What was found, each place and citation with the address at which it is published, where the map has its source. Which
 * anchor a heading has depends on the whole page, so the page's file is looked at; where it is not there any more, or is
 * outside of the project, the anchor is made of the heading alone.
 */
export async function withUrls<Found extends { hits: LinkedPlace[]; closest?: LinkedPlace[]; citations?: Citation[] }>(
  found: Found,
  { urls, urlStyle, projectRoot }: LinkOptions,
): Promise<Pick<Found, "hits" | "closest" | "citations">> {
  if (Object.keys(urls).length === 0) return found;
  // The reader of Markdown is heavy, and most searches map nothing.
  const { anchorOf } = await import("./page-anchors.ts");
  const metadataOf = new Map(found.hits.map(({ source, metadata }) => [source, metadata]));
  const anchorsOf = new Map<string, Promise<PageAnchor[]>>();
  const linked = async <Place extends LinkedPlace | Citation>(place: Place): Promise<Place> => {
    const { source } = place;
    const whole = { ...place, metadata: metadataOf.get(source) ?? {} };
    const url = publishedUrl(whole, urls, urlStyle);
    if (url === null || !isMarkdownFile(source)) return url === null ? place : { ...place, url };
    const anchors = anchorsOf.get(source) ?? readAnchors(source, urlStyle, projectRoot);
    anchorsOf.set(source, anchors);
    return { ...place, url: publishedUrl(whole, urls, urlStyle, anchorOf(place, await anchors)) ?? url };
  };
  const { closest, citations } = found;
  return {
    ...found,
    hits: await Promise.all(found.hits.map(linked)),
    ...(closest === undefined ? {} : { closest: await Promise.all(closest.map(linked)) }),
    ...(citations === undefined ? {} : { citations: await Promise.all(citations.map(linked)) }),
  };
}

/** None where the file cannot be read. A store may hold any source: only files of the project are looked at. */
async function readAnchors(source: string, style: UrlStyle, projectRoot: string): Promise<PageAnchor[]> {
  const path = resolve(projectRoot, source);
  try {
    if (!(await leadsInto(projectRoot, path))) return [];
    const { pageAnchors } = await import("./page-anchors.ts");
    const { decodeText } = await import("../../files/decode-text.ts");
    const { text } = await decodeText(await readRegularFile(path, maxPageBytes));
    return await pageAnchors(text, source.toLowerCase().endsWith(".mdx"), style);
  } catch {
    return [];
  }
}
