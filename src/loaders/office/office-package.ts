import { UserError } from "../../errors.ts";
import { looksLikeText } from "../../files/decode-text.ts";
import { describeBinary, looksLikeHtml } from "../../files/sniff.ts";
import type { Metadata } from "../../types.ts";
import { attribute, descendants, elements, parseXml, textContent, xmlText } from "../archive/xml.ts";
import type { XmlElement } from "../archive/xml.ts";
import { openArchive } from "../archive/zip.ts";
import type { Archive } from "../archive/zip.ts";
import { isoDate, keywordList, oneLine, toMetadata } from "../metadata.ts";

const zipSignature = [0x50, 0x4b];
/** Of the container of Office before 2007, which holds a newer file that is protected by a password, too. */
const compoundFileSignature = [0xd0, 0xcf, 0x11, 0xe0];

/**
 * Opens the archive of a document format that is one: Office Open XML, OpenDocument, EPUB.
 *
 * `part`: the entry that every file of the format has; `name`: how people call the format.
 * Throws `UserError` `encrypted` for a file with a password, `unexpected-content` for a file of another format, and what
 * `openArchive` throws.
 */
export async function openDocumentArchive(bytes: Uint8Array, part: string, name: string): Promise<Archive> {
  if (startsWith(bytes, compoundFileSignature)) throw compoundFile(bytes, name);
  if (!startsWith(bytes, zipSignature)) throw unexpected(name, likeness(bytes));
  const archive = await openArchive(bytes);
  if (!archive.has(part)) throw unexpected(name, "another kind of ZIP archive");
  return archive;
}

function compoundFile(bytes: Uint8Array, name: string): UserError {
  return isEncryptedOffice(bytes)
    ? new UserError("encrypted", `the ${name} is protected by a password`, { hint: "save a copy without a password" })
    : unexpected(name, describeBinary(bytes));
}

/** Whether a compound file holds an encrypted Office file: [MS-OFFCRYPTO] 2.3 names the stream. */
export function isEncryptedOffice(bytes: Uint8Array): boolean {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return startsWith(bytes, compoundFileSignature) && buffer.includes(Buffer.from("EncryptedPackage", "utf16le"));
}

function unexpected(name: string, likeness: string): UserError {
  return new UserError("unexpected-content", `the file is no ${name}: it looks like ${likeness}`, {
    hint: "fetch the file again, or give it the extension of its format",
  });
}

function likeness(bytes: Uint8Array): string {
  if (bytes.length === 0) return "an empty file";
  if (looksLikeHtml(bytes)) return "an HTML page";
  return looksLikeText(bytes) ? "a text" : describeBinary(bytes);
}

function startsWith(bytes: Uint8Array, signature: readonly number[]): boolean {
  return signature.every((byte, index) => bytes[index] === byte);
}

/** An XML part of an archive as a tree; `null` where the archive does not have it. Throws what `parseXml` throws. */
export async function readPart(archive: Archive, name: string): Promise<XmlElement | null> {
  const bytes = await archive.read(name);
  return bytes === null ? null : parseXml(bytes, name);
}

/**
 * An archive of the XML parts alone, checked and not compressed, for a library that unpacks by itself and has no limits:
 * it cannot unpack to more than is in memory already. `change` may rewrite a part.
 */
export async function plainCopy(
  archive: Archive,
  change: (name: string, xml: string) => string = (_, xml) => xml,
): Promise<Buffer> {
  const { zipSync } = await import("fflate");
  const parts: Record<string, Uint8Array> = {};
  for (const name of archive.names) {
    if (!/\.(?:xml|rels)$/i.test(name) || /^(?:customXml|docMetadata)\//.test(name)) continue;
    const bytes = await archive.read(name);
    if (bytes !== null) parts[name] = Buffer.from(change(name, await xmlText(bytes, name)));
  }
  return Buffer.from(zipSync(parts, { level: 0 }));
}

/** Where a part of an Office file points to: relationship id → the path in the archive, and the kind of the target. */
export async function relationshipsOf(
  archive: Archive,
  part: string,
): Promise<Map<string, { path: string; type: string }>> {
  const slash = part.lastIndexOf("/");
  const folder = part.slice(0, slash + 1);
  const file = await readPart(archive, `${folder}_rels/${part.slice(slash + 1)}.rels`);
  const targets = new Map<string, { path: string; type: string }>();
  for (const entry of file === null ? [] : elements(file, "Relationship")) {
    const target = attribute(entry, "Target");
    const id = attribute(entry, "Id");
    if (target === null || id === null || attribute(entry, "TargetMode") === "External") continue;
    const type = (attribute(entry, "Type") ?? "").split("/").at(-1) ?? "";
    targets.set(id, { path: resolveTarget(folder, target), type });
  }
  return targets;
}

/** `../charts/chart1.xml` from the folder `ppt/slides/` → `ppt/charts/chart1.xml`. */
export function resolveTarget(folder: string, target: string): string {
  const { pathname } = new URL(target, `archive:///${folder}`);
  try {
    return decodeURIComponent(pathname.slice(1));
  } catch {
    return pathname.slice(1);
  }
}

/** Title and metadata as Office (`docProps/core.xml`) and OpenDocument (`meta.xml`) keep them. */
export async function documentProperties(
  archive: Archive,
  part: string,
): Promise<{ title: string | null; metadata: Metadata }> {
  const file = await readPart(archive, part);
  const values = (...names: string[]) =>
    file === null ? [] : [...descendants(file, ...names)].map((element) => oneLine(textContent(element)));
  const first = (...names: string[]) => names.flatMap((name) => values(name)).find((value) => value !== "");
  const title = first("title");
  return {
    title: title === undefined || isPlaceholderTitle(title) ? null : title,
    metadata: toMetadata({
      // In OpenDocument the creator is whoever saved the file last.
      author: first("initial-creator", "creator"),
      category: first("category"),
      created: isoDate(first("created", "creation-date")),
      description: first("description"),
      keywords: values("keywords", "keyword").flatMap(keywordList),
      language: first("language"),
      modified: isoDate(first("modified", "date")),
      subject: first("subject"),
    }),
  };
}

/** Titles that a program gave: they name the program or nothing. */
function isPlaceholderTitle(title: string): boolean {
  return /^(?:microsoft .*|powerpoint presentation|pr[äae]+sentation|(?:document|slide|untitled|title)[\s\d]*)$/i.test(
    title,
  );
}
