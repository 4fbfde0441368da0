import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type * as PdfJs from "pdfjs-dist/legacy/build/pdf.mjs";

let engine: Promise<typeof PdfJs> | undefined;

/**
 * Opens a PDF with PDF.js. Nothing is fetched and nothing printed; fonts' character maps are read from the package.
 * Rejects with the library's own errors (`PasswordException`, `InvalidPDFException`, …). Call `destroy` when done.
 */
export async function openPdf(bytes: Uint8Array): Promise<PdfJs.PDFDocumentProxy> {
  engine ??= importPdfJs();
  const pdfjs = await engine;
  const assets = dirname(createRequire(import.meta.url).resolve("pdfjs-dist/package.json"));
  const task = pdfjs.getDocument({
    // A copy: the library takes the memory of what it is given away from its owner.
    data: new Uint8Array(bytes),
    cMapUrl: join(assets, "cmaps", "/"),
    cMapPacked: true,
    standardFontDataUrl: join(assets, "standard_fonts", "/"),
    verbosity: pdfjs.VerbosityLevel.ERRORS,
    isEvalSupported: false,
    useSystemFonts: false,
    disableFontFace: true,
    useWorkerFetch: false,
    useWasm: false,
    isOffscreenCanvasSupported: false,
    isImageDecoderSupported: false,
    enableXfa: false,
  });
  try {
    return await task.promise;
  } catch (error) {
    await task.destroy();
    throw error;
  }
}

/**
 * Imports the library where its optional canvas may be missing. It needs the canvas to draw, which nobody does here;
 * without it, it warns on stderr and fails on a constant that is made of the canvas's matrix class.
 */
async function importPdfJs(): Promise<typeof PdfJs> {
  const globals = globalThis as { DOMMatrix?: unknown };
  const hadMatrix = globals.DOMMatrix !== undefined;
  // oxlint-disable-next-line no-console
  const warn = console.warn;
  const muted = (...values: unknown[]) => {
    if (!/^Warning: Cannot (?:load "@napi-rs\/canvas"|polyfill)/.test(String(values[0]))) warn(...values);
  };
  // oxlint-disable-next-line no-extraneous-class
  class MatrixStandIn {}
  if (!hadMatrix) globals.DOMMatrix = MatrixStandIn;
  console.warn = muted; // oxlint-disable-line no-console
  try {
    return await import("pdfjs-dist/legacy/build/pdf.mjs");
  } finally {
    if (console.warn === muted) console.warn = warn; // oxlint-disable-line no-console
    if (globals.DOMMatrix === MatrixStandIn) delete globals.DOMMatrix;
  }
}
