import { posix } from "node:path";
import { UserError } from "../errors.ts";
import { looksLikeText } from "../files/decode-text.ts";
import { describeBinary, startsAsPdf } from "../files/sniff.ts";
import type { Loader } from "./types.ts";

/** A format: the extensions that stand for it, and its loader, imported on first use. */
interface Format {
  /** Lower case, with the dot. */
  extensions: readonly string[];
  open(): Promise<Loader>;
}

/** Every format that can be ingested. To add one: a file beside this one, and a row here. */
export const loaders = {
  markdown: {
    extensions: [".md", ".markdown", ".mdx", ".mdown", ".mkd"],
    open: async () => (await import("./markdown.ts")).markdownLoader,
  },
  text: {
    extensions: [".txt", ".text", ".log"],
    open: async () => (await import("./text.ts")).textLoader,
  },
  pdf: {
    extensions: [".pdf"],
    open: async () => (await import("./pdf/pdf.ts")).pdfLoader,
  },
  html: {
    extensions: [".html", ".htm", ".xhtml"],
    open: async () => (await import("./html/html.ts")).htmlLoader,
  },
  docx: {
    extensions: [".docx", ".docm", ".dotx"],
    open: async () => (await import("./office/docx.ts")).docxLoader,
  },
  pptx: {
    extensions: [".pptx", ".pptm", ".ppsx", ".potx"],
    open: async () => (await import("./office/pptx.ts")).pptxLoader,
  },
  xlsx: {
    extensions: [".xlsx", ".xlsm", ".xltx"],
    open: async () => (await import("./office/xlsx.ts")).xlsxLoader,
  },
} satisfies Record<string, Format>;

/** What a document's format can be. */
export const formats: readonly string[] = Object.keys(loaders);

const formatByExtension = new Map<string, Format>(
  Object.values<Format>(loaders).flatMap((format) =>
    format.extensions.map((extension) => [extension, format] as const),
  ),
);

/** Whether the file's name says that a loader exists for it: what is taken from folders and globs. */
export function isSupported(path: string): boolean {
  return formatByExtension.has(extensionOf(path));
}

/**
 * The loader for a file: by its extension, else by its first bytes; any other text is loaded as plain text.
 *
 * Throws `UserError` `unsupported-format` for other binary data. A file that is not what its extension says is for
 * its loader to refuse.
 */
export async function loaderFor(source: string, bytes: Uint8Array): Promise<Loader> {
  const format = formatByExtension.get(extensionOf(source));
  if (format !== undefined) return format.open();
  if (startsAsPdf(bytes)) return loaders.pdf.open();
  if (looksLikeText(bytes)) return loaders.text.open();
  throw new UserError(
    "unsupported-format",
    `the file is neither text nor a known format: it looks like ${describeBinary(bytes)}`,
    {
      hint: `known formats: ${[...formatByExtension.keys()].join(" ")} and any other text`,
    },
  );
}

function extensionOf(path: string): string {
  return posix.extname(path.replaceAll("\\", "/")).toLowerCase();
}
