import { messageOf, UserError } from "../../errors.ts";
import { fileStem } from "../../files/file-stem.ts";
import { parseHtml } from "../html/dom.ts";
import { htmlToMarkdown } from "../html/to-markdown.ts";
import { firstHeading } from "../first-heading.ts";
import type { Loader } from "../types.ts";
import { documentProperties, openDocumentArchive, plainCopy } from "./office-package.ts";

/**
 * A Word document as Markdown: headings, lists, tables, footnotes, text boxes, code by its style or its font. Images,
 * comments, page headers and footers, hidden text and what was deleted under tracking are left out.
 * Throws `UserError` `encrypted`, `unexpected-content`, `damaged-archive`, `unreadable-docx`.
 */
export const docxLoader: Loader = {
  name: "docx",
  version: 2,
  async load({ source, bytes }) {
    const archive = await openDocumentArchive(bytes, "[Content_Types].xml", "Word document");
    const { title, metadata } = await documentProperties(archive, "docProps/core.xml");
    let hasEmbedded = false;
    const copy = await plainCopy(archive, (name, xml) => {
      hasEmbedded ||= xml.includes("<w:altChunk ");
      return name.startsWith("word/") ? withoutHidden(withTextBoxes(withFormulas(xml))) : xml;
    });
    const html = await convert(copy);
    const { body } = await parseHtml(html);
    const text = body === null ? "" : htmlToMarkdown(body);
    return {
      document: {
        source,
        format: "docx",
        title: title ?? firstHeading(text) ?? fileStem(source),
        metadata,
        places: "none",
        markup: "markdown",
        pages: [{ text }],
        bodyStart: 0,
      },
      warnings: hasEmbedded ? ["a document that is embedded in this one was left out"] : [],
    };
  },
};

/** What mammoth does not know by itself. Word's own names of styles are English in every language. */
const styleMap = [
  "p[style-name='Title'] => h1:fresh",
  "p[style-name='Subtitle'] => p:fresh",
  "p[style-name='Quote'] => blockquote > p:fresh",
  "p[style-name='Intense Quote'] => blockquote > p:fresh",
  ...["Source Code", "Code", "HTML Preformatted", "Plain Text", "macro"].map(
    (name) => `p[style-name='${name}'] => pre:separator('\\n')`,
  ),
  "r[style-name='HTML Code'] => code",
  "r[style-name='Verbatim Char'] => code",
];

async function convert(buffer: Buffer): Promise<string> {
  const { default: mammoth } = await import("mammoth");
  try {
    const { value } = await mammoth.convertToHtml(
      { buffer },
      {
        styleMap,
        convertImage: mammoth.images.imgElement(async () => ({ src: "" })),
        transformDocument: markCode,
        externalFileAccess: false,
      },
    );
    // The way back from a footnote to the text.
    return value.replaceAll(/<a href="#(?:foot|end)note-ref-[^"]*">↑<\/a>/g, "");
  } catch (error) {
    throw new UserError("unreadable-docx", `the Word document cannot be read: ${messageOf(error).replace(/\.$/, "")}`, {
      hint: "open it in Word and save a copy",
      cause: error,
    });
  }
}

/** What this reads of mammoth's document. */
interface WordElement {
  type: string;
  children?: WordElement[];
  font?: string | null;
  value?: string;
  styleName?: string | null;
  numbering?: unknown;
}

const monospaced = /courier|consolas|mono\b|menlo|monaco|lucida console|source code|fira code/i;

/** Prose that is set like a typewriter's: a sentence without any of the signs that programs are made of. */
const sentence = /^\p{Lu}[^(){};=<>[\]_$*]*\s[^(){};=<>[\]_$*]*[.!?]$/u;

/** Gives paragraphs whose text is all in a monospaced font the style of code, which the style map makes a fence. */
function markCode(element: WordElement): WordElement {
  const children = element.children?.map(markCode);
  const copy = children === undefined ? element : { ...element, children };
  if (element.type !== "paragraph" || element.styleName?.toLowerCase().startsWith("heading") === true) return copy;
  const runs = (element.children ?? []).filter((child) => child.type === "run" && hasText(child));
  const isCode =
    runs.length > 0 && runs.every((run) => monospaced.test(run.font ?? "")) && !sentence.test(wordsOf(element));
  return isCode && (element.numbering ?? null) === null ? { ...copy, styleName: "Source Code" } : copy;
}

function wordsOf(element: WordElement): string {
  return element.type === "text" ? (element.value ?? "") : (element.children ?? []).map(wordsOf).join("");
}

function hasText(element: WordElement): boolean {
  return element.type === "text" ? element.value?.trim() !== "" : (element.children ?? []).some(hasText);
}

/** Formulas, which mammoth leaves out, as the text of their signs. */
function withFormulas(xml: string): string {
  if (!xml.includes("<m:oMath")) return xml;
  return xml.replaceAll(/<m:oMath(?:\s[^>]*)?>[^]*?<\/m:oMath>/g, (formula) => {
    const signs = Array.from(formula.matchAll(/<m:t(?:\s[^<>]*)?>([^<]*)<\/m:t>/g), ([, text]) => text).join("");
    return `<w:r><w:t xml:space="preserve">${signs}</w:t></w:r>`;
  });
}

/**
 * Gives the text boxes that have no form for older programs such a form: mammoth reads no other. Most files have both, of
 * which one is read.
 */
function withTextBoxes(xml: string): string {
  if (!xml.includes("<mc:AlternateContent")) return xml;
  return xml.replaceAll(/<mc:AlternateContent(?:\s[^>]*)?>[^]*?<\/mc:AlternateContent>/g, (choices) => {
    if (choices.includes("<mc:Fallback")) return choices;
    const boxes = choices.match(/<w:txbxContent(?:\s[^>]*)?>[^]*?<\/w:txbxContent>/g) ?? [];
    return boxes.length === 0
      ? choices
      : `<w:pict><v:shape xmlns:v="urn:schemas-microsoft-com:vml"><v:textbox>${boxes.join("")}</v:textbox></v:shape></w:pict>`;
  });
}

/** Empties the runs of hidden text. Their other parts stay: fields begin and end in them. */
function withoutHidden(xml: string): string {
  if (!xml.includes("<w:vanish")) return xml;
  return xml.replaceAll(/<w:r(?:\s[^>]*)?><w:rPr>(?:(?!<\/w:rPr>)[^]){0,2000}?<w:vanish\s*\/>[^]*?<\/w:r>/g, (run) =>
    run.replaceAll(/<w:t(?:\s[^>]*)?>[^<]*<\/w:t>/g, ""),
  );
}
