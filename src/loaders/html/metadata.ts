import type { Metadata } from "../../types.ts";
import { isoDate, keywordList, oneLine, toMetadata } from "../metadata.ts";
import type { HtmlDocument } from "./dom.ts";

/** A longer heading is none that names the page. */
const maxTitleChars = 200;

/** What the head of a page says: its title, and metadata from `<meta>`, Open Graph and Dublin Core. */
export function pageMetadata(document: HtmlDocument): { title: string | null; metadata: Metadata } {
  const metas = new Map<string, string[]>();
  for (const meta of document.querySelectorAll("meta")) {
    const name = (meta.getAttribute("property") ?? meta.getAttribute("name") ?? "").toLowerCase();
    const content = oneLine(meta.getAttribute("content") ?? "");
    if (name !== "" && content !== "") metas.set(name, [...(metas.get(name) ?? []), content]);
  }
  const first = (...names: string[]) => names.map((name) => metas.get(name)?.[0]).find((value) => value !== undefined);
  const authors = ["author", "article:author", "dc.creator", "dcterms.creator", "citation_author"]
    .map((name) => metas.get(name))
    .find((values) => values !== undefined)
    ?.filter((value) => !isAddress(value));
  const url = document.querySelector('link[rel="canonical"]')?.getAttribute("href") ?? first("og:url");
  const heading = document.querySelector("title")?.textContent;
  const title = oneLine(
    first("og:title", "citation_title", "dc.title", "dcterms.title") ?? ownTitle(document, heading ?? ""),
  );
  return {
    title: title === "" ? null : title,
    metadata: toMetadata({
      author: authors?.length === 1 ? authors[0] : authors,
      created: isoDate(first("article:published_time", "date", "dc.date", "dcterms.created", "citation_date")),
      description: first("description", "og:description", "dc.description", "dcterms.description"),
      keywords: [first("keywords", "news_keywords") ?? "", ...(metas.get("article:tag") ?? [])].flatMap(keywordList),
      language: document.documentElement?.getAttribute("lang"),
      modified: isoDate(first("article:modified_time", "og:updated_time", "last-modified", "dcterms.modified")),
      site: first("og:site_name"),
      url: url !== null && url !== undefined && isAddress(url) ? url : null,
    }),
  };
}

function isAddress(value: string): boolean {
  return /^https?:\/\//i.test(value);
}

/**
 * The title of a page without the name of the site around it, where the page's only `<h1>` says which part is its own:
 * `Install | Example Docs` over `Install the server` is `Install the server`.
 */
function ownTitle(document: HtmlDocument, title: string): string {
  const [heading, ...others] = document.querySelectorAll("h1");
  const text = heading === undefined || others.length > 0 ? "" : oneLine(heading.textContent ?? "");
  if (text === "" || text.length > maxTitleChars) return title;
  const written = text.toLowerCase();
  const parts = title
    .toLowerCase()
    .split(/(?<!\s)\s+[|\u2013\u2014\u00B7\u2022\u00BB\u203A-]\s+|:\s+/u)
    .map(oneLine);
  const isOwn =
    parts.length > 1 && parts.some((part) => part !== "" && (written.startsWith(part) || part.startsWith(written)));
  return isOwn ? text : title;
}
