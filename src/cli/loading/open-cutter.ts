import { availableParallelism } from "node:os";
import { join } from "node:path";
import type { Chunker, ChunkingOptions } from "../../chunkers/types.ts";
import type { Loader, LoadingOptions } from "../../loaders/types.ts";
import { type CutDocument, type CutRequest, cutDocument } from "../../pipeline/ingest/cut-document.ts";
import { readableStack } from "../readable-stack.ts";
import { type ThreadedCutter, threadedCutter } from "./cutter.ts";
import type { FileLimits } from "./thread/thread.ts";

/** More threads than these wait for the one that writes. */
const mostThreads = 8;

/** Far above what a file needs that is not broken or made to do harm: the slowest formats read 1 MB in some seconds. */
const fileLimits: FileLimits = {
  milliseconds: (bytes) => 60_000 + (bytes / 1e6) * 10_000,
  megabytes: 1024,
};

/** Markdown of so many bytes takes about two seconds to cut; a thread starts in half of one. */
const bytesForThread = 4_000_000;

/** The cutter of the built tool: threads start as the tool does (`start.ts`). */
export function openCutter(
  loaders: {
    loaderFor(source: string, bytes: Uint8Array): Promise<Loader>;
    isQuick(source: string, bytes: Uint8Array): boolean;
    startsThreads(source: string, bytes: Uint8Array): boolean;
    options: LoadingOptions;
    hasProgram(name: string): boolean;
  },
  chunker: Chunker,
  chunking: ChunkingOptions,
): ThreadedCutter {
  const { loaderFor, isQuick, startsThreads, options: loading } = loaders;
  const cutHere = (request: CutRequest): Promise<CutDocument> => cutDocument(request, { loaderFor, chunker, chunking });
  /** Programs of the user run one at a time, and answer to this thread alone. */
  let programs: Promise<unknown> = Promise.resolve();
  const cutByProgram = (request: CutRequest): Promise<CutDocument> => {
    const cut = programs.then(() => cutHere(request));
    programs = cut.catch(() => {});
    return cut;
  };
  const cutter = threadedCutter({
    entry: join(import.meta.dirname, "start.cjs"),
    settings: { strategy: chunker.name, chunking, loading },
    threads: Math.min(availableParallelism(), mostThreads),
    limits: fileLimits,
    bytesForThread,
    isQuick: ({ name, bytes }) => isQuick(name, bytes),
    startsThreads: ({ name, bytes }) => startsThreads(name, bytes),
    cutHere,
  });
  return {
    ...cutter,
    cut: (request) =>
      (loaders.hasProgram(request.name) ? cutByProgram(request) : cutter.cut(request)).catch((error: unknown) => {
        if (error instanceof Error && error.stack !== undefined) error.stack = readableStack(error.stack);
        throw error;
      }),
  };
}
