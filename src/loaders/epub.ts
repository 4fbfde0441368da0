import { UserError } from "../errors.ts";
import { fileStem } from "../files/file-stem.ts";
import { attribute, descendants, elements, textContent } from "./archive/xml.ts";
import type { XmlElement } from "./archive/xml.ts";
import type { Archive } from "./archive/zip.ts";
import { decodeHtml } from "./html/decode-html.ts";
import { parseHtml } from "./html/dom.ts";
import { htmlToMarkdown } from "./html/to-markdown.ts";
import { firstHeading } from "./first-heading.ts";
import { isoDate, oneLine, toMetadata } from "./metadata.ts";
import { openDocumentArchive, readPart, resolveTarget } from "./office/office-package.ts";
import type { Loader } from "./types.ts";

/**
 * An e-book (EPUB 2 and 3): the files of its spine in reading order, each as Markdown. The table of contents is left
 * out, for the headings say the same; a chapter without a heading gets the one that the table has for it.
 * Throws `UserError` `encrypted` for a book with DRM, `unexpected-content`, `damaged-archive`, `unreadable-epub`.
 */
export const epubLoader: Loader = {
  name: "epub",
  version: 2,
  async load({ source, bytes }) {
    const archive = await openDocumentArchive(bytes, "META-INF/container.xml", "EPUB e-book");
    const { chapters, names, title, metadata } = await readPackage(archive);
    const locked = await lockedFiles(archive);
    if (chapters.some((path) => locked.has(path))) {
      throw new UserError("encrypted", "the e-book is protected (DRM)", { hint: "use a copy without protection" });
    }
    const pages: { text: string }[] = [];
    const missing: string[] = [];
    for (const path of chapters) {
      const chapter = await archive.read(path);
      if (chapter === null) {
        missing.push(path);
        continue;
      }
      const { text } = await decodeHtml(chapter);
      const { body } = await parseHtml(text);
      const written = body === null ? "" : htmlToMarkdown(body);
      const name = written === "" || firstHeading(written) !== null ? undefined : names.get(path);
      pages.push({ text: name === undefined ? written : `# ${name}\n\n${written}` });
    }
    return {
      document: {
        source,
        format: "epub",
        title: title ?? fileStem(source),
        metadata,
        places: "none",
        markup: "markdown",
        pages,
        bodyStart: 0,
      },
      warnings:
        missing.length === 0 ? [] : [`${missing.length} of ${chapters.length} chapters are missing in the file`],
    };
  },
};

async function readPackage(archive: Archive) {
  const container = await readPart(archive, "META-INF/container.xml");
  const [rootFile] = container === null ? [] : descendants(container, "rootfile");
  const path = rootFile === undefined ? null : attribute(rootFile, "full-path");
  const file = path === null ? null : await readPart(archive, path);
  if (path === null || file === null) {
    throw new UserError("unreadable-epub", "the e-book has no list of its chapters", {
      hint: "fetch the file again",
    });
  }
  const folder = path.slice(0, path.lastIndexOf("/") + 1);
  const targets = new Map<string, string>();
  let contents: string | null = null;
  for (const item of descendants(file, "item")) {
    const [id, target] = [attribute(item, "id"), attribute(item, "href")];
    // The page that only lists the others.
    const isContents = /\bnav\b/.test(attribute(item, "properties") ?? "");
    const isOldContents = attribute(item, "media-type") === "application/x-dtbncx+xml";
    if (target !== null && (isContents || (isOldContents && contents === null))) {
      contents = resolveTarget(folder, target);
    }
    if (id !== null && target !== null && !isContents) targets.set(id, resolveTarget(folder, target));
  }
  const chapters = [...descendants(file, "itemref")]
    .map((item) => targets.get(attribute(item, "idref") ?? ""))
    .filter((chapter) => chapter !== undefined);
  const [about] = descendants(file, "metadata");
  const values = (name: string) =>
    about === undefined ? [] : elements(about, name).map((element) => oneLine(textContent(element)));
  const authors = values("creator");
  const dates =
    about === undefined ? [] : elements(about, "meta").filter((meta) => attribute(meta, "property") !== null);
  const modified = dates.find((meta) => attribute(meta, "property") === "dcterms:modified");
  return {
    chapters,
    names: contents === null ? new Map<string, string>() : await chapterNames(archive, contents),
    title: values("title").find((value) => value !== "") ?? null,
    metadata: toMetadata({
      author: authors.length > 1 ? authors : authors[0],
      created: isoDate(values("date")[0]),
      description: values("description")[0]?.replaceAll(/<[^<>]*>/g, " "),
      keywords: values("subject"),
      language: values("language")[0],
      modified: modified === undefined ? null : isoDate(textContent(modified)),
      publisher: values("publisher")[0],
    }),
  };
}

/** What the table of contents calls the files, by their paths: the name of the first place in each. */
async function chapterNames(archive: Archive, path: string): Promise<Map<string, string>> {
  const folder = path.slice(0, path.lastIndexOf("/") + 1);
  const names = new Map<string, string>();
  // A table that cannot be read costs names, not the book.
  const contents = await readPart(archive, path).catch(() => null);
  for (const { name, target } of contents === null ? [] : placesOf(contents)) {
    const file = target === null ? "" : resolveTarget(folder, target);
    if (file !== "" && name !== "" && !names.has(file)) names.set(file, name);
  }
  return names;
}

/** The entries of a table of contents: `<navPoint>` of EPUB 2, the links of `<nav epub:type="toc">` of EPUB 3. */
function* placesOf(contents: XmlElement): Generator<{ name: string; target: string | null }> {
  for (const point of descendants(contents, "navPoint")) {
    const [[label], [content]] = [elements(point, "navLabel"), elements(point, "content")];
    const target = content === undefined ? null : attribute(content, "src");
    yield { name: label === undefined ? "" : oneLine(textContent(label)), target };
    yield* placesOf(point);
  }
  for (const table of descendants(contents, "nav")) {
    // Others list the pages of the printed book, and landmarks.
    if (attribute(table, "type") !== "toc") continue;
    for (const link of descendants(table, "a")) {
      yield { name: oneLine(textContent(link)), target: attribute(link, "href") };
    }
  }
}

/** The files that are encrypted. Fonts are in most books, without keeping anybody from reading. */
async function lockedFiles(archive: Archive): Promise<Set<string>> {
  const list = await readPart(archive, "META-INF/encryption.xml");
  const references = list === null ? [] : [...descendants(list, "CipherReference")];
  return new Set(references.map((reference) => resolveTarget("", attribute(reference, "URI") ?? "")));
}
