import type { Hit } from "../../types.ts";

type Placed = Pick<Hit, "source" | "page" | "startLine" | "endLine">;

/** Where a passage stands, in the form that editors and terminals open: `path:line`, or `path#page=n`. */
export function placeOf({ source, page, startLine }: Placed): string {
  if (page !== null) return `${source}#page=${page}`;
  return startLine === null ? source : `${source}:${startLine}`;
}

/** The same as a link of Markdown: `path#L3-L9`. */
export function linkOf({ source, page, startLine, endLine }: Placed): string {
  const path = source.split("/").map(encodeURIComponent).join("/");
  if (page !== null) return `${path}#page=${page}`;
  if (startLine === null) return path;
  return endLine === null || endLine === startLine ? `${path}#L${startLine}` : `${path}#L${startLine}-L${endLine}`;
}
