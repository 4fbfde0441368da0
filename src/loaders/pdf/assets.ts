import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

/** Files of the pdfjs-dist package that are read while a PDF is read. */
export interface PdfAssets {
  /** Module of the library, as a `file:` URL. */
  library: string;
  /** Module of its parser, as a `file:` URL. */
  parser: string;
  /** Folder of the predefined character maps; ends in a slash. */
  characterMaps: string;
  /** Folder of the standard fonts; ends in a slash. */
  standardFonts: string;
}

/**
 * Finds the files: beside the built tool, where the build copies them (.build/pdfjs.ts), else in the installed package.
 * The minified modules take two thirds of the time of the others to load.
 */
export function pdfAssets(): PdfAssets {
  const beside = fileURLToPath(new URL("pdfjs", import.meta.url));
  const folder = existsSync(beside)
    ? beside
    : dirname(createRequire(import.meta.url).resolve("pdfjs-dist/package.json"));
  const module = (name: string): string => pathToFileURL(join(folder, "legacy", "build", name)).href;
  return {
    library: module("pdf.min.mjs"),
    parser: module("pdf.worker.min.mjs"),
    characterMaps: asFolderOfUrl(join(folder, "cmaps"), sep),
    standardFonts: asFolderOfUrl(join(folder, "standard_fonts"), sep),
  };
}

/**
 * A folder's path in the form that PDF.js wants: it appends file names, and refuses a path that does not end in `/`.
 * Windows' file system takes forward slashes; elsewhere a backslash is part of a name.
 */
export function asFolderOfUrl(path: string, separator: string): string {
  const slashes = separator === "\\" ? path.replaceAll("\\", "/") : path;
  return slashes.endsWith("/") ? slashes : `${slashes}/`;
}
