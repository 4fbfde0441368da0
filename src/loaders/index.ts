import type { Loader } from "./types.ts";

/** A format: the extensions that stand for it, and its loader, imported on first use. */
export interface Format {
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
    open: async () => (await import("./markup/latex/latex.ts")).latexLoader,
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
