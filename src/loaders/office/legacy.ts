import { UserError } from "../../errors.ts";
import { describeBinary, looksLikeHtml } from "../../files/sniff.ts";
import { isEncryptedOffice } from "./office-package.ts";
import type { Loader } from "../types.ts";

/** Formats that nothing kept reads, and what to save the file as. */
const successors: readonly (readonly [extensions: RegExp, name: string, successor: string])[] = [
  [/\.(?:doc|dot)$/i, "an old Word file (.doc)", ".docx"],
  [/\.(?:xls|xlt)$/i, "an old Excel file (.xls)", ".xlsx"],
  [/\.(?:ppt|pps|pot)$/i, "an old PowerPoint file (.ppt)", ".pptx"],
  [/\.xlsb$/i, "a binary Excel file (.xlsb)", ".xlsx"],
  [/\.rtf$/i, "a Rich Text file (.rtf)", ".docx"],
];

/**
 * Word, Excel and PowerPoint before 2007, and RTF: refused by name, with what to do. Many files of these names are
 * something else, which programs export and Office opens all the same: HTML, a newer Office file, a table as text. Those
 * are read as what they are.
 * Throws `UserError` `unsupported-format`, or `encrypted`.
 */
export const legacyOfficeLoader: Loader = {
  name: "legacy-office",
  version: 1,
  async load(input) {
    const { source, bytes } = input;
    if (isEncryptedOffice(bytes)) {
      throw new UserError("encrypted", "the file is protected by a password", {
        hint: "save a copy without a password",
      });
    }
    const reader = await disguised(source, bytes);
    if (reader !== null) return reader.load(input);
    const [, name, successor] = successors.find(([extensions]) => extensions.test(source)) ?? ["", "", ".docx"];
    throw new UserError("unsupported-format", `the file is ${name || "an old Office file"}, which is not read`, {
      hint: `open it in Office or LibreOffice and save it as ${successor}`,
    });
  },
};

async function disguised(source: string, bytes: Uint8Array): Promise<Loader | null> {
  const head = Buffer.from(bytes.subarray(0, 16)).toString("latin1");
  if (looksLikeHtml(bytes)) return (await import("../html/html.ts")).htmlLoader;
  if (head.startsWith("PK")) {
    if (/\.do[ct]$/i.test(source)) return (await import("./docx.ts")).docxLoader;
    if (/\.xl[st]$/i.test(source)) return (await import("./xlsx.ts")).xlsxLoader;
    if (/\.(?:pp[ts]|pot)$/i.test(source)) return (await import("./pptx.ts")).pptxLoader;
    return null;
  }
  const isTable = /\.xl[st]$/i.test(source) && describeBinary(bytes) === "binary data" && !bytes.includes(0);
  return isTable ? (await import("../tabular/csv.ts")).csvLoader : null;
}
