import { posix } from "node:path";
import { webDecoderOf } from "../../files/encodings/decoders.ts";

/** Extensions by media type; parameters such as `charset` do not count. */
const extensions: Readonly<Record<string, string>> = {
  "application/epub+zip": ".epub",
  "application/json": ".json",
  "application/jsonl": ".jsonl",
  "application/pdf": ".pdf",
  "application/vnd.oasis.opendocument.presentation": ".odp",
  "application/vnd.oasis.opendocument.spreadsheet": ".ods",
  "application/vnd.oasis.opendocument.text": ".odt",
  "application/vnd.openxmlformats-officedocument.presentationml.presentation": ".pptx",
  "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
  "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
  "application/x-ipynb+json": ".ipynb",
  "application/x-ndjson": ".jsonl",
  "application/xhtml+xml": ".html",
  "message/rfc822": ".eml",
  "text/csv": ".csv",
  "text/html": ".html",
  "text/markdown": ".md",
  "text/tab-separated-values": ".tsv",
  "text/vtt": ".vtt",
  "text/x-rst": ".rst",
};

/** Types that servers send for whatever they do not know: the address says more. */
const vague = new Set(["", "text/plain", "application/octet-stream", "binary/octet-stream", "application/x-download"]);

/**
 * A name whose extension stands for the format of a page, by its media type or, where that says nothing, by its address;
 * `null` for what no loader reads. `isSupported`: whether there is a loader for a name.
 */
export function pageName(url: string, contentType: string, isSupported: (name: string) => boolean): string | null {
  const name = posix.basename(new URL(url).pathname) || "index";
  const type = mediaType(contentType);
  const extension = extensions[type];
  if (extension !== undefined) return name.endsWith(extension) ? name : `${name}${extension}`;
  if (vague.has(type)) return isSupported(name) || type !== "text/plain" ? name : `${name}.txt`;
  if (isSupported(name)) return name;
  return type.startsWith("text/") ? `${name}.txt` : null;
}

/** `text/html; charset=utf-8` → `text/html` */
export function mediaType(contentType: string): string {
  return (contentType.split(";")[0] ?? "").trim().toLowerCase();
}

/**
 * A text as its header says it is encoded, in UTF-8 with a byte-order mark, which is stronger than what the page says of
 * itself. Other content, and text in UTF-8, stays as it is.
 */
export async function inUtf8(bytes: Uint8Array, contentType: string): Promise<Uint8Array> {
  const charset = /;\s*charset\s*=\s*"?([\w.:-]+)/i.exec(contentType)?.[1];
  const type = mediaType(contentType);
  if (charset === undefined || /^utf-?8$/i.test(charset) || !(type.startsWith("text/") || type.endsWith("xml")))
    return bytes;
  const decode = await webDecoderOf(charset);
  // Unknown encoding: the loader guesses it.
  return decode === null ? bytes : Buffer.from(`\uFEFF${decode(bytes)}`);
}
