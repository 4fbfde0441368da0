import { isUtf8 } from "node:buffer";
import { posix } from "node:path";
import { UserError } from "../errors.ts";
import { decodeTextAs, looksLikeText } from "../files/decode-text.ts";
import { describeBinary, startsAsPdf } from "../files/sniff.ts";
import { checked } from "./checked.ts";
import type { Loader, LoadingOptions } from "./types.ts";

/** A format: the extensions that stand for it, and its loader, imported on first use. */
interface Format {
  /** Lower case, with the dot. */
  extensions: readonly string[];
  /** Not taken from folders: a folder of documents often lies among programs, which would drown them. */
  onRequest?: true;
  /** Its loader takes time in proportion to the file, whatever is in it. */
  isQuick?: true;
  /** Its loader starts threads of its own. */
  startsThreads?: true;
  /** Its loader reads what hides behind the extension, or says what to do; no document has this format. */
  isRefused?: true;
  /** Its files are text in one encoding throughout, which the user can name. */
  isText?: true;
  open(): Promise<Loader>;
}

const codeExtensions = (
  ".bash .bat .c .cc .cfg .clj .cmake .cpp .cs .css .cxx .dart .ex .exs .erl .f90 .go .gradle .graphql .groovy .h .hpp .hs " +
  ".ini .java .jl .js .jsx .cjs .mjs .kt .kts .less .lua .m .ml .mm .nix .php .pl .pm .proto .ps1 .py .pyi .r .rb .rs .sass " +
  ".scala .scss .sh .sol .sql .svelte .swift .tf .toml .ts .cts .mts .tsx .vb .vue .xml .xsd .xsl .yaml .yml .zig .zsh"
).split(" ");

/** Every format that can be ingested. To add one: a file beside this one, a row here, and a line in docs/formats.md. */
export const loaders = {
  markdown: {
    isText: true,
    extensions: [".md", ".markdown", ".mdx", ".mdown", ".mkd"],
    isQuick: true,
    open: async () => (await import("./markdown.ts")).markdownLoader,
  },
  text: {
    isText: true,
    extensions: [".txt", ".text", ".log"],
    isQuick: true,
    open: async () => (await import("./text.ts")).textLoader,
  },
  pdf: {
    extensions: [".pdf"],
    startsThreads: true,
    open: async () => (await import("./pdf/pdf.ts")).pdfLoader,
  },
  html: {
    isText: true,
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
  "legacy-office": {
    extensions: [".doc", ".dot", ".xls", ".xlt", ".xlsb", ".ppt", ".pps", ".pot", ".rtf"],
    isRefused: true,
    open: async () => (await import("./office/legacy.ts")).legacyOfficeLoader,
  },
  odt: {
    extensions: [".odt", ".ott"],
    open: async () => (await import("./open-document/open-document.ts")).odtLoader,
  },
  odp: {
    extensions: [".odp", ".otp"],
    open: async () => (await import("./open-document/open-document.ts")).odpLoader,
  },
  ods: {
    extensions: [".ods", ".ots"],
    open: async () => (await import("./open-document/open-document.ts")).odsLoader,
  },
  epub: {
    extensions: [".epub"],
    open: async () => (await import("./epub.ts")).epubLoader,
  },
  notebook: {
    isText: true,
    extensions: [".ipynb"],
    open: async () => (await import("./notebook.ts")).notebookLoader,
  },
  eml: {
    extensions: [".eml", ".mht", ".mhtml"],
    open: async () => (await import("./mail/eml.ts")).emlLoader,
  },
  mbox: {
    extensions: [".mbox"],
    open: async () => (await import("./mail/mbox.ts")).mboxLoader,
  },
  csv: {
    isText: true,
    extensions: [".csv", ".tsv"],
    open: async () => (await import("./tabular/csv.ts")).csvLoader,
  },
  json: {
    isText: true,
    extensions: [".json"],
    open: async () => (await import("./data/json.ts")).jsonLoader,
  },
  jsonl: {
    isText: true,
    extensions: [".jsonl", ".ndjson"],
    open: async () => (await import("./data/jsonl.ts")).jsonlLoader,
  },
  rst: {
    isText: true,
    extensions: [".rst", ".rest"],
    open: async () => (await import("./markup/rst.ts")).rstLoader,
  },
  asciidoc: {
    isText: true,
    extensions: [".adoc", ".asciidoc", ".asc"],
    open: async () => (await import("./markup/asciidoc.ts")).asciidocLoader,
  },
  org: {
    isText: true,
    extensions: [".org"],
    open: async () => (await import("./markup/org.ts")).orgLoader,
  },
  latex: {
    isText: true,
    extensions: [".tex", ".latex"],
    open: async () => (await import("./markup/latex.ts")).latexLoader,
  },
  subtitles: {
    isText: true,
    extensions: [".srt", ".vtt"],
    open: async () => (await import("./subtitles.ts")).subtitlesLoader,
  },
  code: {
    isText: true,
    extensions: codeExtensions,
    onRequest: true,
    open: async () => (await import("./code.ts")).codeLoader,
  },
} satisfies Record<string, Format>;

/** What a document's format can be. */
export const formats: readonly string[] = Object.entries<Format>(loaders)
  .filter(([, { isRefused }]) => isRefused !== true)
  .map(([name]) => name);

const formatByExtension = new Map<string, Format>(
  Object.values<Format>(loaders).flatMap((format) =>
    format.extensions.map((extension) => [extension, format] as const),
  ),
);

/** Lists of packages that programs write for themselves: thousands of lines, and nobody's words. */
const lockFiles = new Set(["composer.lock", "npm-shrinkwrap.json", "package-lock.json"]);

/**
 * Whether a file of this name is taken from folders and globs: a document or a table whose format has a loader. Programs
 * and settings are taken where a pattern of the user asks for their extension (`isAskedFor`).
 */
export function isSupported(path: string, isAskedFor = false): boolean {
  const format = formatByExtension.get(extensionOf(path));
  if (format === undefined) return false;
  return isAskedFor || (format.onRequest !== true && !lockFiles.has(posix.basename(path.replaceAll("\\", "/"))));
}

/** Larger files take a while in the best case. */
const maxQuickBytes = 128 * 1024;

/** Whether a file is loaded in some milliseconds, whatever is in it. To guess an encoding takes up to seconds. */
export function isQuick(path: string, bytes: Uint8Array): boolean {
  if (bytes.length > maxQuickBytes || formatByExtension.get(extensionOf(path))?.isQuick !== true) return false;
  return isUtf8(bytes);
}

/** Whether the loader of a file starts threads of its own. */
export function startsThreads(path: string, bytes: Uint8Array): boolean {
  const format: Format | undefined = formatByExtension.get(extensionOf(path));
  return format === undefined ? startsAsPdf(bytes) : format.startsThreads === true;
}

/**
 * The loader for a file: by its extension, else by its first bytes; any other text is loaded as plain text, with a warning.
 *
 * Throws `UserError` `unsupported-format` for other binary data. A file that is not what its extension says is for
 * its loader to refuse.
 */
export async function loaderFor(source: string, bytes: Uint8Array, options: LoadingOptions = {}): Promise<Loader> {
  const format = formatByExtension.get(extensionOf(source));
  if (format !== undefined) return configured(format, options);
  if (startsAsPdf(bytes)) return configured(loaders.pdf, options);
  if (looksLikeText(bytes)) return asUnknownText(await configured(loaders.text, options), source);
  const known = [...formatByExtension]
    .filter(([, { onRequest }]) => onRequest !== true)
    .map(([extension]) => extension);
  throw new UserError(
    "unsupported-format",
    `the file is neither text nor a known format: it looks like ${describeBinary(bytes)}`,
    {
      hint: `known formats: ${known.join(" ")} and any other text`,
    },
  );
}

/** A format's loader, as the user's options want it. */
async function configured(format: Format, { encoding, pdfPassword }: LoadingOptions): Promise<Loader> {
  const loader = checked(await format.open());
  if (format.isText !== true || encoding === undefined) {
    return { ...loader, load: (input) => loader.load({ ...input, password: pdfPassword }) };
  }
  return {
    ...loader,
    variant: `encoding ${encoding}`,
    async load({ source, bytes }) {
      const decoded = await decodeTextAs(bytes, encoding);
      const { document, warnings } = await loader.load({ source, bytes: Buffer.from(decoded.text) });
      return { document, warnings: [...decoded.warnings, ...warnings] };
    },
  };
}

function asUnknownText(loader: Loader, source: string): Loader {
  const extension = extensionOf(source);
  const format = extension === "" ? "a file without an extension" : `the format ${extension}`;
  return {
    ...loader,
    async load(input) {
      const { document, warnings } = await loader.load(input);
      return { document, warnings: [`no loader reads ${format}: it was taken as plain text`, ...warnings] };
    },
  };
}

function extensionOf(path: string): string {
  return posix.extname(path.replaceAll("\\", "/")).toLowerCase();
}
