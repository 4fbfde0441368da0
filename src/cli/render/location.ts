import { relative, resolve } from "node:path";
import type { Environment } from "../../config/environment.ts";
import type { Hit } from "../../types.ts";

type Placed = Pick<Hit, "source" | "page" | "startLine" | "endLine" | "url">;

/** Where a passage stands, in the form that editors and terminals open: `path:line`, or `path#page=n`. */
export function locationOf({ source, page, startLine }: Placed): string {
  if (page !== null) return `${source}#page=${page}`;
  // A line number behind a web address would become part of the address.
  return startLine === null || isAddress(source) ? source : `${source}:${startLine}`;
}

/** The same as a link of Markdown: `path#L3-L9`; the address where the passage is published, if it is. */
export function linkOf({ source, page, startLine, endLine, url }: Placed): string {
  if (url !== undefined) return url;
  const path = isAddress(source) ? source : source.split("/").map(encodeURIComponent).join("/");
  if (page !== null) return `${path}#page=${page}`;
  if (startLine === null) return path;
  return endLine === null || endLine === startLine ? `${path}#L${startLine}` : `${path}#L${startLine}-L${endLine}`;
}

/** The folder that sources are relative to, and the one that shown paths are relative to. */
export type Folders = Pick<Environment, "projectRoot" | "workingDirectory">;

/** A source as a path from the working folder. An address, as another program's collection may have it, stays one. */
export function pathOf(source: string, { projectRoot, workingDirectory }: Folders): string {
  if (isAddress(source)) return source;
  return relative(workingDirectory, resolve(projectRoot, source)) || ".";
}

function isAddress(source: string): boolean {
  return /^[a-z][a-z0-9+.-]+:\/\//i.test(source);
}
