import type { ChunkingOptions } from "../../src/chunkers/types.ts";
import type { Chunk, Document } from "../../src/types.ts";

export const defaults: ChunkingOptions = {
  maxChars: 1600,
  overlapChars: 200,
  separator: "# ",
  sentences: 10,
  sentenceOverlap: 1,
};

export function markdownDocument(text: string, bodyStart = 0): Document {
  return {
    source: "guide.md",
    format: "markdown",
    title: "Guide",
    metadata: {},
    places: "lines",
    markup: "markdown",
    pages: [{ text }],
    bodyStart,
  };
}

export function pagedDocument(...texts: string[]): Document {
  const pages = texts.map((text) => ({ text }));
  const common = { source: "guide.pdf", format: "pdf", title: "Guide", metadata: {}, bodyStart: 0 };
  return { ...common, places: "pages", markup: "plain", pages };
}

export function textsOf(chunks: readonly Chunk[]): string[] {
  return chunks.map((chunk) => chunk.text);
}

export function headingsOf(chunks: readonly Chunk[]): string[] {
  return chunks.map((chunk) => chunk.heading.join(" > "));
}

export function linesOf(chunks: readonly Chunk[]): (number | null)[][] {
  return chunks.map((chunk) => [chunk.startLine, chunk.endLine]);
}

/** What is wrong with the chunks of a document, whatever its strategy; empty where all is well. */
export function violations(document: Document, chunks: readonly Chunk[]): string[] {
  const lines = document.pages[0]!.text.split("\n");
  const found: string[] = [];
  for (const [index, chunk] of chunks.entries()) {
    const require = (holds: boolean, rule: string) => {
      if (!holds) found.push(`${rule}: ${JSON.stringify(chunk).slice(0, 300)}`);
    };
    require(chunk.ordinal === index, "ordinals have no gaps");
    require(/\S/.test(chunk.text), "no chunk is blank");
    require(!loneSurrogate.test(chunk.text), "no lone surrogate");
    require(Buffer.byteLength(chunk.text) <= 65_535, "at most 65,535 bytes");
    require(chunk.heading.every(
      (heading) => heading.length <= 200 && !loneSurrogate.test(heading),
    ), "headings are short and well-formed");
    if (chunk.page === null) {
      const textLines = chunk.text.split("\n");
      const cited = lines.slice(chunk.startLine! - 1, chunk.endLine!);
      require(cited.length === textLines.length, "has as many lines as it cites");
      require(textLines.every((line, at) => cited[at]!.includes(line)), "stands in the lines that it cites");
    } else {
      require(chunk.startLine === null && chunk.endLine === null, "no lines in a paged document");
      require(document.pages[chunk.page - 1]!.text.includes(chunk.text), "stands on its page");
    }
  }
  return found;
}

const loneSurrogate = /\p{Surrogate}/u;

/** The characters of a text that can be seen. */
export function visible(text: string): string {
  return text.replaceAll(/\s+/g, "");
}

/** Numbers in [0, 1) that are the same in every run (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
