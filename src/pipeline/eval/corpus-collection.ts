import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import type { Loader } from "../../loaders/types.ts";
import type { Metadata } from "../../types.ts";
import type { Discovery } from "../discover/discover.ts";
import type { CorpusDocument } from "./beir-set.ts";

/** Documents of a corpus are passages: only what no store can hold in one chunk is cut. */
export const corpusChunking = { strategy: "recursive", maxChars: 16_000 } as const;

/** Files written at the same time. */
const writesAtOnce = 64;

/** A corpus as an ingest finds it. */
export interface CorpusFiles {
  discovery: Discovery;
  loaderFor(): Promise<Loader>;
}

/**
 * Writes a corpus into a folder as the files that an ingest reads, one a document. A document's source is its id, so that
 * judgements name it, also where the id could not be the name of a file.
 */
export async function writeCorpus(corpus: readonly CorpusDocument[], folder: string): Promise<CorpusFiles> {
  await mkdir(folder, { recursive: true });
  const files: Discovery["files"] = [];
  for (let start = 0; start < corpus.length; start += writesAtOnce) {
    const batch = corpus.slice(start, start + writesAtOnce).map(async (document, offset) => {
      const content = JSON.stringify(document);
      const file = path.join(folder, `${start + offset}.json`);
      await writeFile(file, content);
      return { source: document.id, path: file, size: Buffer.byteLength(content) };
    });
    files.push(...(await Promise.all(batch)));
  }
  const discovery = { files, covers: () => true, failures: [], warnings: [], leftOut: [] };
  return { discovery, loaderFor: async () => corpusLoader };
}

const corpusLoader: Loader = {
  name: "corpus",
  version: 1,
  async load({ source, bytes }) {
    const { id, title, text } = JSON.parse(Buffer.from(bytes).toString("utf8")) as CorpusDocument;
    const metadata: Metadata = { _id: id };
    return {
      document: {
        source,
        format: "text",
        title,
        metadata,
        places: "lines",
        markup: "plain",
        pages: [{ text: text.toWellFormed().replaceAll(/\r\n?/g, "\n") }],
        bodyStart: 0,
      },
      warnings: [],
    };
  },
};
