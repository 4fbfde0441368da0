import { setImmediate } from "node:timers/promises";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { UserError, messageOf } from "../../errors.ts";

/** What a sitemap lists (https://www.sitemaps.org/protocol.html). */
export interface Sitemap {
  pages: string[];
  /** Further sitemaps, of an index. */
  sitemaps: string[];
}

/** The protocol's own limit, uncompressed. */
const maxSitemapBytes = 52_428_800;

/** Elements inside elements; a sitemap has three. */
const maxDepth = 100;
/** Bytes that are read without a pause. */
const bytesAtOnce = 1 << 20;

/** Whether a document is a sitemap or an index of sitemaps: by the element that it begins with, behind any prologue. */
export function isSitemap(bytes: Uint8Array): boolean {
  if (isGzip(bytes)) return false;
  const head = Buffer.from(bytes.subarray(0, 4000)).toString("utf8");
  const root = /^\uFEFF?\s*(?:<\?[^]*?\?>\s*|<!--[^]*?-->\s*|<!DOCTYPE[^>]*>\s*)*<(?:\w+:)?(\w+)/.exec(head)?.[1];
  return root === "urlset" || root === "sitemapindex";
}

/** A sitemap as it was before it was compressed: `sitemap.xml.gz` is served as a file. Throws `UserError` `bad-sitemap`. */
export async function unpackedSitemap(bytes: Uint8Array): Promise<Uint8Array> {
  if (!isGzip(bytes)) return bytes;
  return promisify(gunzip)(bytes, { maxOutputLength: maxSitemapBytes }).catch((error: unknown) => {
    throw badSitemap(error);
  });
}

/** Throws `UserError` `bad-sitemap` for what is no XML. */
export async function readSitemap(bytes: Uint8Array): Promise<Sitemap> {
  const { default: sax } = await import("sax");
  const parser = sax.parser(true, { position: false, trim: true });
  const found: Sitemap = { pages: [], sitemaps: [] };
  /** Names of the elements around, without prefixes. */
  const around: string[] = [];
  let text = "";
  const add = (piece: string): void => {
    text += piece;
  };
  Object.assign(parser, {
    onerror(error: Error) {
      throw badSitemap(error);
    },
    onopentag({ name }: { name: string }) {
      if (around.length === maxDepth) throw badSitemap(new Error(`its elements are nested more than ${maxDepth} deep`));
      around.push(name.replace(/^.*:/, ""));
      text = "";
    },
    ontext: add,
    oncdata: add,
    onclosetag() {
      const [element, parent] = [around.at(-1), around.at(-2)];
      if (element === "loc" && parent === "url") found.pages.push(text.trim());
      if (element === "loc" && parent === "sitemap") found.sitemaps.push(text.trim());
      around.pop();
      text = "";
    },
  });
  const decoder = new TextDecoder();
  for (let start = 0; start < bytes.length; start += bytesAtOnce) {
    parser.write(decoder.decode(bytes.subarray(start, start + bytesAtOnce), { stream: true }));
    // Ctrl-C comes in between.
    await setImmediate();
  }
  parser.close();
  return found;
}

function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

function badSitemap(cause: unknown): UserError {
  return new UserError("bad-sitemap", `the sitemap cannot be read: ${messageOf(cause)}`, { cause });
}
