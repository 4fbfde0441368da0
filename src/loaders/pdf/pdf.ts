import type { PDFDocumentProxy, PDFPageProxy } from "pdfjs-dist/legacy/build/pdf.mjs";
import { messageOf, UserError } from "../../errors.ts";
import type { Page } from "../../types.ts";
import { informationOf } from "./information.ts";
import { fileStem } from "../../files/file-stem.ts";
import { describeBinary, hasPdfHeader, looksLikeHtml } from "../../files/sniff.ts";
import { looksLikeText } from "../../files/decode-text.ts";
import { layOutLines, textOfLines, wordsOf } from "./layout.ts";
import type { Line, TextRun } from "./layout.ts";
import type { Loader } from "../types.ts";

/** PDF: the text layer, page by page. Scanned pages have none and are reported; nothing is recognised from images. */
export const pdfLoader: Loader = {
  name: "pdf",
  version: 2,
  async load({ source, bytes }) {
    if (!hasPdfHeader(bytes)) throw notPdf(bytes);
    const { openPdf } = await import("./engine.ts");
    const pdf = await openPdf(bytes).catch((error: unknown) => {
      throw openingFailed(error);
    });
    try {
      const title = await titleOf(pdf);
      const { pages, warnings } = await readPages(pdf);
      return {
        document: {
          source,
          format: "pdf",
          title: title ?? fileStem(source),
          metadata: await informationOf(pdf),
          places: "pages",
          markup: "plain",
          pages,
          bodyStart: 0,
        },
        warnings,
      };
    } finally {
      await pdf.loadingTask.destroy();
    }
  },
};

interface PageContent {
  lines: Line[];
  fields: string;
  /** Whether some of it shows glyphs that no character is known for. */
  isUnmapped: boolean;
}

async function readPages(pdf: PDFDocumentProxy): Promise<{ pages: Page[]; warnings: string[] }> {
  const contents: PageContent[] = [];
  const broken: number[] = [];
  let unmapped = 0;
  let cause: unknown;
  for (let number = 1; number <= pdf.numPages; number += 1) {
    let content: PageContent = { lines: [], fields: "", isUnmapped: false };
    try {
      const page = await pdf.getPage(number);
      content = await contentOf(page);
      if (content.isUnmapped) unmapped += 1;
      page.cleanup();
    } catch (error) {
      broken.push(number);
      cause = error;
    }
    contents.push(content);
  }
  const words = wordsOf(contents.map((content) => content.lines));
  const pages = contents.map(({ lines, fields }): Page => {
    const parts = [textOfLines(lines, words), fields].filter((part) => part !== "");
    return { text: parts.join("\n\n") };
  });
  if (broken.length === pages.length) throw unreadable("none of its pages can be read", cause);
  const empty = pages.filter(({ text }, index) => text === "" && !broken.includes(index + 1)).length;
  const warnings: string[] = [];
  if (broken.length > 0) {
    const reason = messageOf(cause).replace(/\.$/, "");
    warnings.push(`${broken.length} of ${pages.length} pages could not be read (${reason})`);
  }
  if (empty > 0) warnings.push(`${empty} of ${pages.length} pages have no text; they may need OCR`);
  if (unmapped > 0) {
    warnings.push(
      `${unmapped} of ${pages.length} pages use fonts that do not say which characters they show; their text may be unreadable`,
    );
  }
  return { pages, warnings };
}

/** Characters that no text has: the numbers of glyphs, where a font says nothing else about them. */
// oxlint-disable-next-line no-control-regex
const glyphNumber = /[\u0001-\u0008\u000E-\u001F]/;

async function contentOf(page: PDFPageProxy): Promise<PageContent> {
  // Normalised here instead: a ligature of Arabic must stay one character until the line is in reading order.
  const { items, styles } = await page.getTextContent({ disableNormalization: true });
  const runs: TextRun[] = [];
  for (const item of items) {
    if (!("str" in item)) continue;
    const vertical = styles[item.fontName]?.vertical ?? false;
    runs.push({
      text: item.str,
      transform: item.transform,
      width: vertical ? item.height : item.width,
      vertical,
      endsLine: item.hasEOL,
    });
  }
  const isUnmapped = runs.some((run) => glyphNumber.test(run.text));
  return { lines: layOutLines(runs), fields: await fieldValues(page), isUnmapped };
}

/** What was filled in where the form lets people write or choose, one line each: `name: value`. */
async function fieldValues(page: PDFPageProxy): Promise<string> {
  const annotations: unknown[] = await page.getAnnotations();
  const lines: string[] = [];
  for (const annotation of annotations) {
    const { fieldType, fieldName, alternativeText, fieldValue } = annotation as Record<string, unknown>;
    if (fieldType !== "Tx" && fieldType !== "Ch") continue;
    const value = [fieldValue].flat().filter((part) => typeof part === "string" && part.trim() !== "");
    const name = [alternativeText, fieldName].find((part) => typeof part === "string" && part !== "");
    if (value.length > 0) lines.push(`${typeof name === "string" ? name : "field"}: ${value.join(", ")}`);
  }
  return lines.join("\n");
}

/** Titles that a program put there: they name the program, the file or nothing. */
const noTitle =
  /^(?:microsoft (?:office )?(?:word|powerpoint|excel)\b.*|\(?(?:untitled|anonymous|unspecified|no title|title)\)?[\s\d]*|(?:document|slide|layout|presentation|powerpoint presentation)[\s\d]*|.*\.(?:docx?|odt|rtf|pptx?|odp|xlsx?|tex|dvi|ps|eps|indd|qxd|pdf|html?|txt|md))$/i;

async function titleOf(pdf: PDFDocumentProxy): Promise<string | null> {
  const { info } = await pdf.getMetadata().catch(() => ({ info: {} }));
  const { Title: title } = info as Record<string, unknown>;
  if (typeof title !== "string") return null;
  const line = title.replaceAll(/[\p{C}\s]+/gu, " ").trim();
  return /\p{L}/u.test(line) && !line.includes("\uFFFD") && !noTitle.test(line) ? line : null;
}

function notPdf(bytes: Uint8Array): UserError {
  const likeness = looksLikeHtml(bytes) ? "an HTML page" : looksLikeText(bytes) ? "a text" : describeBinary(bytes);
  return new UserError(
    "not-a-pdf",
    `the file is no PDF: it looks like ${bytes.length === 0 ? "an empty file" : likeness}`,
    {
      hint: "fetch the file again, or give it the extension of its format",
    },
  );
}

function openingFailed(error: unknown): UserError {
  if (error instanceof Error && error.name === "PasswordException") {
    return new UserError("encrypted", "the PDF is encrypted and needs a password to be read", {
      hint: "save a copy without a password",
      cause: error,
    });
  }
  return unreadable(messageOf(error).replace(/\.$/, ""), error);
}

function unreadable(reason: string, cause: unknown): UserError {
  return new UserError("unreadable-pdf", `the PDF is damaged: ${reason}`, {
    hint: "fetch the file again, or open it in a viewer and save a copy",
    cause,
  });
}
