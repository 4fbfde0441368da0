import { availableParallelism } from "node:os";
import { messageOf, UserError } from "../../errors.ts";
import type { Page } from "../../types.ts";
import { informationOf } from "./information.ts";
import { fileStem } from "../../files/file-stem.ts";
import { describeBinary, fromPdfHeader, hasPdfEnd, looksLikeHtml } from "../../files/sniff.ts";
import { looksLikeText } from "../../files/decode-text.ts";
import { namePages } from "./damage.ts";
import type { OpenPdf } from "./parser.ts";
import { headingsOf } from "./headings.ts";
import { textOfLines, wordsOf } from "./layout.ts";
import { readPages } from "./pages.ts";
import type { PageContent, PageContents } from "./pages.ts";
import type { Loader } from "../types.ts";

/**
 * PDF: the text layer, page by page. Scanned pages have none and are reported; nothing is recognised from images. So are
 * pages whose fonts do not say which characters they show, and those of which a part is damaged.
 */
export const pdfLoader: Loader = {
  name: "pdf",
  version: 4,
  async load({ source, bytes, password = "" }) {
    const file = fromPdfHeader(bytes);
    if (file === null) throw notPdf(bytes);
    const { contents, information } = await readAll(await openReaders(file, password));
    contents.isFileDamaged ||= !hasPdfEnd(file);
    const { pages, warnings } = textOf(contents);
    return {
      document: {
        source,
        format: "pdf",
        title: usefulTitle(information["Title"] ?? null) ?? fileStem(source),
        metadata: informationOf(information),
        places: "pages",
        markup: "plain",
        pages,
        bodyStart: 0,
      },
      warnings,
    };
  },
};

/** Gives the threads back before the text is made of what they read: a thread holds tens of megabytes. */
async function readAll(
  readers: readonly [OpenPdf, ...OpenPdf[]],
): Promise<{ contents: PageContents; information: OpenPdf["information"] }> {
  try {
    return { contents: await readPages(readers), information: readers[0].information };
  } finally {
    await Promise.all(readers.map((reader) => reader.close()));
  }
}

/** A document of so many pages is read by two threads: a second one costs as much time as some twenty pages. */
const pagesForTwo = 64;

async function openReaders(bytes: Uint8Array, password: string): Promise<[OpenPdf, ...OpenPdf[]]> {
  const { openPdf } = await import("./parser.ts");
  const first = await openPdf(bytes, password).catch((error: unknown) => {
    throw openingFailed(error, password);
  });
  if (first.pageCount < pagesForTwo || availableParallelism() < 2) return [first];
  // What the first thread can open alone is read by it alone.
  const second = await openPdf(bytes, password).catch(() => null);
  return second === null ? [first] : [first, second];
}

function pagesOf(contents: readonly PageContent[]): Page[] {
  const readable = contents.map(({ lines, readability }) => (readability === "unreadable" ? [] : lines));
  const words = wordsOf(readable);
  const laidOut = readable.map((lines) => ({ lines, ...textOfLines(lines, words) }));
  const headings = headingsOf(laidOut);
  return contents.map(({ added }, index): Page => {
    const text = [laidOut[index]?.text ?? "", ...added].filter((part) => part !== "").join("\n\n");
    const found = headings[index] ?? [];
    return found.length === 0 ? { text } : { text, headings: found };
  });
}

function textOf({ pages: contents, isFileDamaged }: PageContents): { pages: Page[]; warnings: string[] } {
  const pages = pagesOf(contents);
  const numbersOf = (isMeant: (content: PageContent, text: string) => boolean): number[] =>
    contents.flatMap((content, index) => (isMeant(content, pages[index]?.text ?? "") ? [index + 1] : []));
  const warnings: string[] = [];
  const share = (numbers: readonly number[]): string => `${numbers.length} of ${pages.length} pages`;

  const failures = contents.flatMap(({ failure }) => failure ?? []);
  if (failures.length === pages.length) throw unreadable("none of its pages can be read", failures[0]);
  const broken = numbersOf(({ failure }) => failure !== null);
  if (broken.length > 0) warnings.push(`${share(broken)} could not be read (${failures[0]}): ${namePages(broken)}`);
  const damaged = numbersOf(({ isDamaged, failure }) => isDamaged && failure === null);
  if (damaged.length > 0) {
    warnings.push(`${share(damaged)} are damaged; some of their text may be lost or wrong: ${namePages(damaged)}`);
  }
  const unknown = numbersOf(({ readability }) => readability === "unreadable");
  if (unknown.length > 0) {
    const reason = "their fonts do not say which characters they show";
    warnings.push(`${share(unknown)} are not readable without OCR, for ${reason}: ${namePages(unknown)}`);
  }
  const empty = numbersOf(
    ({ failure, readability }, text) => text === "" && failure === null && readability !== "unreadable",
  );
  if (empty.length > 0) warnings.push(`${share(empty)} have no text; they may need OCR`);
  const partly = numbersOf(({ readability }) => readability === "partly");
  if (partly.length > 0) {
    warnings.push(
      `${share(partly)} use fonts that do not say which characters they show; their text may be unreadable`,
    );
  }
  if (isFileDamaged) warnings.push("the structure of the file is damaged; pages, or parts of them, may be missing");
  return { pages, warnings };
}

/** Titles that a program put there: they name the program, the file or nothing. */
const noTitle =
  /^(?:microsoft (?:office )?(?:word|powerpoint|excel)\b.*|\(?(?:untitled|anonymous|unspecified|no title|title)\)?[\s\d]*|(?:document|slide|layout|presentation|powerpoint presentation)[\s\d]*|.*\.(?:docx?|odt|rtf|pptx?|odp|xlsx?|tex|dvi|ps|eps|indd|qxd|pdf|html?|txt|md))$/i;

function usefulTitle(title: string | null): string | null {
  if (title === null) return null;
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

function openingFailed(error: unknown, password: string): UserError {
  if (error instanceof Error && error.name === "PasswordException") {
    const message =
      password === ""
        ? "the PDF is encrypted and needs a password to be read"
        : "the PDF is encrypted, and the password given does not open it";
    return new UserError("encrypted", message, {
      hint: "give its password in RAG_PDF_PASSWORD or by --pdf-password, or save a copy without a password",
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
