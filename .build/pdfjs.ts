import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Plugin } from "rolldown";

/** The package whose files are copied; from the project's root. */
export const pdfjsFolder = "node_modules/pdfjs-dist";

/**
 * Copies what reading PDFs takes of pdfjs-dist (src/loaders/pdf/assets.ts) beside the bundles, with the licences in those
 * folders: 4 of the 41 MB that the package takes installed, and none of the 33 MB of the canvas that it would bring.
 */
export const pdfjsBeside: Plugin = {
  name: "pdfjs-beside",
  generateBundle() {
    const modules = ["pdf.min.mjs", "pdf.worker.min.mjs"].map((name) => `legacy/build/${name}`);
    const data = ["cmaps", "standard_fonts"].flatMap((folder) =>
      readdirSync(join(pdfjsFolder, folder)).map((name) => `${folder}/${name}`),
    );
    for (const file of ["LICENSE", ...modules, ...data]) {
      this.emitFile({ type: "asset", fileName: `pdfjs/${file}`, source: readFileSync(join(pdfjsFolder, file)) });
    }
  },
};
