import { createRequire } from "node:module";
import { dirname, join, sep } from "node:path";
import { pathToFileURL } from "node:url";

/** Files of the pdfjs-dist package that are read while a PDF is read. */
export interface PdfAssets {
  /** Module of the parser, as a `file:` URL. */
  worker: string;
  /** Folder of the predefined character maps; ends in a slash. */
  characterMaps: string;
  /** Folder of the standard fonts; ends in a slash. */
  standardFonts: string;
}

/** Finds the files of the installed package. */
export function pdfAssets(): PdfAssets {
  const require = createRequire(import.meta.url);
  const folder = dirname(require.resolve("pdfjs-dist/package.json"));
  return {
    worker: pathToFileURL(require.resolve("pdfjs-dist/legacy/build/pdf.worker.mjs")).href,
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
