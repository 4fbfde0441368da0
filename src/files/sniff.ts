/** The first bytes of formats that are no text, and how people call them. */
const signatures: readonly (readonly [description: string, bytes: readonly number[]])[] = [
  ["a ZIP archive (Office files are such archives)", [0x50, 0x4b, 0x03, 0x04]],
  ["an old Microsoft Office file", [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]],
  ["a PNG image", [0x89, 0x50, 0x4e, 0x47]],
  ["a JPEG image", [0xff, 0xd8, 0xff]],
  ["a GIF image", [0x47, 0x49, 0x46, 0x38]],
  ["a RIFF file (WebP, WAV or AVI)", [0x52, 0x49, 0x46, 0x46]],
  ["a gzip archive", [0x1f, 0x8b]],
  ["a bzip2 archive", [0x42, 0x5a, 0x68]],
  ["an xz archive", [0xfd, 0x37, 0x7a, 0x58, 0x5a]],
  ["a Zstandard archive", [0x28, 0xb5, 0x2f, 0xfd]],
  ["a 7-Zip archive", [0x37, 0x7a, 0xbc, 0xaf]],
  ["an SQLite database", [0x53, 0x51, 0x4c, 0x69, 0x74, 0x65, 0x20, 0x66]],
  ["a program (ELF)", [0x7f, 0x45, 0x4c, 0x46]],
  ["a program (Windows)", [0x4d, 0x5a]],
  ["WebAssembly", [0x00, 0x61, 0x73, 0x6d]],
];

/** Readers accept the header of a PDF anywhere in the first 1024 bytes (ISO 32000-1, annex H.3.4.1). */
const pdfHeaderWindow = 1024;

/**
 * A PDF from its header on; `null` where the bytes are no PDF. What a mail program or a web server put before the header
 * is left out, and a file whose head is lost counts by its objects and its trailer.
 */
export function fromPdfHeader(bytes: Uint8Array): Uint8Array | null {
  const buffer = asBuffer(bytes);
  if (buffer.subarray(0, pdfHeaderWindow).includes("%PDF-")) return bytes;
  const hasObjects = /\d\s+obj\b/.test(buffer.toString("latin1", 0, 65_536)) && buffer.includes("endobj");
  if (!hasObjects || !(buffer.includes("trailer") || buffer.includes("/XRef"))) return null;
  const header = buffer.indexOf("%PDF-");
  return header > 0 && header < buffer.indexOf("endobj") ? bytes.subarray(header) : bytes;
}

/** Whether the end of a PDF is there: readers look for its mark in the last 1024 bytes (annex H.3.4.4). */
export function hasPdfEnd(bytes: Uint8Array): boolean {
  return asBuffer(bytes).subarray(-pdfHeaderWindow).includes("%%EOF");
}

/** Whether the very first bytes are the header of a PDF: true of no text that speaks about PDF. */
export function startsAsPdf(bytes: Uint8Array): boolean {
  return asBuffer(bytes).subarray(0, 5).equals(Buffer.from("%PDF-"));
}

/**
 * What bytes that are no text look like, e.g. "a PNG image"; "binary data" where nothing is recognised.
 * Meant for messages: some signatures are two letters long and prove nothing about a text.
 */
export function describeBinary(bytes: Uint8Array): string {
  if (bytes.length === 0) return "an empty file";
  if (startsAsPdf(bytes)) return "a PDF";
  const found = signatures.find(([, signature]) => signature.every((byte, index) => bytes[index] === byte));
  return found?.[0] ?? "binary data";
}

/** Whether the text begins like an HTML page: a doctype, or the element that every page has. */
export function looksLikeHtml(bytes: Uint8Array): boolean {
  const start = asBuffer(bytes).subarray(0, 1024).toString("latin1");
  return /^(?:\u00EF\u00BB\u00BF)?\s*(?:<!--[\s\S]*?-->\s*)*(?:<!doctype\s+html|<html[\s>]|<head[\s>]|<body[\s>])/i.test(
    start,
  );
}

/** The same memory with the methods of a buffer. */
function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
