import { messageOf } from "../../errors.ts";
import { readAnnotations } from "./annotations.ts";
import { isAboutFile } from "./damage.ts";
import { layOutLines } from "./layout.ts";
import type { Line } from "./layout.ts";
import type { Answer, OpenPdf, ParsedPage } from "./parser.ts";
import { readabilityOf } from "./readable.ts";
import type { Readability } from "./readable.ts";

/** What a page holds, and what is wrong with it. */
export interface PageContent {
  lines: Line[];
  /** Notes and filled-in fields that stand on the page, outside its own text. */
  added: string[];
  readability: Readability;
  /** A part of the page was left out, for it is damaged. */
  isDamaged: boolean;
  /** Why the page could not be read at all; `null` where it could. */
  failure: string | null;
}

export interface PageContents {
  /** In the order of the file. */
  pages: PageContent[];
  /** The structure of the file is damaged: pages may be missing. */
  isFileDamaged: boolean;
}

/** Pages that a reader takes at once: neighbours share fonts. */
const blockPages = 16;

/**
 * Reads all pages. Each of `readers` is the same document, open in another thread; they share the pages out among them.
 * A reader has one page at a time, so that a message about damage belongs to the page that is being read.
 */
export async function readPages(readers: readonly OpenPdf[]): Promise<PageContents> {
  const count = readers[0]?.pageCount ?? 0;
  const pages: PageContent[] = [];
  let isFileDamaged = readers.some(({ messages }) => messages.some(isAboutFile));
  let next = 1;
  const numbers = function* (): Generator<number> {
    for (let first = next; first <= count; first = next) {
      next = first + blockPages;
      for (let number = first; number < Math.min(first + blockPages, count + 1); number += 1) yield number;
    }
  };
  const place = (number: number, read: Answer<ParsedPage> | Error): void => {
    pages[number - 1] = contentOf(read);
    isFileDamaged ||= !(read instanceof Error) && read.messages.some(isAboutFile);
  };
  const readShare = async (reader: OpenPdf): Promise<void> => {
    let placeLast = (): void => {};
    for (const number of numbers()) {
      const reading = reader.readPage(number).catch((error: unknown) => asError(error));
      // The page before is laid out here while the thread reads this one.
      placeLast();
      const read = await reading;
      placeLast = () => place(number, read);
    }
    placeLast();
  };
  await Promise.all(readers.map(readShare));
  return { pages, isFileDamaged };
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

function contentOf(read: Answer<ParsedPage> | Error): PageContent {
  if (read instanceof Error) {
    const failure = messageOf(read).replace(/\.$/, "");
    return { lines: [], added: [], readability: "readable", isDamaged: true, failure };
  }
  const { runs, annotations } = read.value;
  const { notes, fields } = readAnnotations(annotations);
  return {
    lines: layOutLines(runs),
    added: [...notes, fields.join("\n")].filter((text) => text !== ""),
    readability: readabilityOf(runs.map(({ text }) => text)),
    isDamaged: read.messages.some((message) => !isAboutFile(message)),
    failure: null,
  };
}
