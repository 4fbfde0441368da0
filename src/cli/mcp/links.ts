import type { ContentBlock } from "@modelcontextprotocol/sdk/types.js";
import type { Hit } from "../../types.ts";

type Placed = Pick<Hit, "collection" | "source" | "title" | "page" | "startLine" | "endLine">;

/** The address of a passage for a client that reads resources: `rag://docs/guide/storage.md#L3-L9`. */
export function resourceUri(collection: string, { source, page, startLine, endLine }: Omit<Placed, "title">): string {
  const path = source.split("/").map(encodeURIComponent).join("/");
  const place = page !== null ? `#page=${page}` : startLine === null ? "" : `#L${startLine}-L${endLine ?? startLine}`;
  return `rag://${encodeURIComponent(collection)}/${path}${place}`;
}

/** What `resourceUri` made, as `rag get` takes it: `guide/storage.md#L3-L9`. */
function placeOfUri(path: string): string {
  const [source = "", ...fragment] = path.split("#");
  const names = source.split("/").map(decoded).join("/");
  return [names, ...fragment].join("#");
}

/** The parts of such an address; `null` for any other text. */
export function readResourceUri(uri: string): { collection: string; place: string } | null {
  const [, collection, path] = /^rag:\/\/([^/]+)\/(.+)$/s.exec(uri.trim()) ?? [];
  return collection === undefined || path === undefined
    ? null
    : { collection: decoded(collection), place: placeOfUri(path) };
}

/** One link for each passage; `collection` applies to passages that name none. */
export function linksTo(collection: string, passages: readonly Placed[]): ContentBlock[] {
  return passages.map((passage) => {
    const { source, title, page, startLine, endLine } = passage;
    const where = page !== null ? `page ${page}` : startLine === null ? "" : `lines ${startLine} to ${endLine}`;
    return {
      type: "resource_link",
      uri: resourceUri(passage.collection ?? collection, passage),
      name: source,
      title: title === "" ? source : title,
      mimeType: "text/markdown",
      ...(where === "" ? {} : { description: where }),
    };
  });
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
