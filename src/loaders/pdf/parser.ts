import { Worker } from "node:worker_threads";
import { pdfAssets } from "./assets.ts";
import { damageMessages } from "./damage.ts";
import type { TextRun } from "./layout.ts";

/** The entries of an annotation that hold text, as the file gives them. */
export type AnnotationText = Record<
  "subtype" | "fieldType" | "fieldName" | "alternativeText" | "fieldValue" | "textContent" | "contents",
  unknown
>;

/** A page as PDF.js reads it. */
export interface ParsedPage {
  runs: TextRun[];
  annotations: AnnotationText[];
}

/** An answer, and what PDF.js said about damage while it worked on it. */
export interface Answer<Value> {
  value: Value;
  messages: string[];
}

/** A PDF that is open in a thread of its own. It takes one request at a time. */
export interface OpenPdf {
  readonly pageCount: number;
  /** The texts of its information dictionary, as written in the file. */
  readonly information: Readonly<Record<string, string>>;
  /** What was said when the file was opened. */
  readonly messages: readonly string[];
  /** Text and annotations of a page; the first one is 1. Rejects where the page cannot be read. */
  readPage(number: number): Promise<Answer<ParsedPage>>;
  /** Frees its memory and gives the thread back. */
  close(): Promise<void>;
}

type Request =
  | { request: "open"; bytes: Uint8Array; password: string }
  | { request: "page"; number: number }
  | { request: "close" };

/** Answers of the thread to the requests, by name. */
interface Values {
  open: { pageCount: number; information: Record<string, string> };
  page: ParsedPage;
  close: undefined;
}

interface Thread {
  ask<Name extends Request["request"]>(request: Request & { request: Name }): Promise<Answer<Values[Name]>>;
  release(): void;
}

/** Room for new objects. Node gives each thread three times as much, which does not make it faster. */
const youngMegabytes = 16;

/** A thread that waits for a document: starting one takes a fifth of a second. */
let idle: Thread | null = null;

/**
 * Opens a PDF with PDF.js in a worker thread. Nothing is fetched and nothing printed; fonts' character maps are read from
 * the package. `password`: empty where none is known.
 *
 * Rejects with errors that are named as the library's own (`PasswordException`, `InvalidPDFException`, …).
 */
export async function openPdf(bytes: Uint8Array, password: string): Promise<OpenPdf> {
  const thread = idle ?? startThread();
  idle = null;
  try {
    const { value, messages } = await thread.ask({ request: "open", bytes, password });
    return {
      ...value,
      messages,
      readPage: (number) => thread.ask({ request: "page", number }),
      async close() {
        // A thread that cannot close its document has ended.
        await thread.ask({ request: "close" }).catch(() => {});
        thread.release();
      },
    };
  } catch (error) {
    thread.release();
    throw error;
  }
}

function startThread(): Thread {
  const worker = new Worker(programFile(), {
    workerData: { assets: pdfAssets(), telling: damageMessages },
    resourceLimits: { maxYoungGenerationSizeMb: youngMegabytes },
  });
  let end: Error | null = null;
  let waiting: { resolve(answer: Answer<never>): void; reject(error: Error): void } | null = null;
  const finish = (error: Error): void => {
    end ??= error;
    waiting?.reject(end);
    waiting = null;
  };
  worker.on("message", ({ value, error, messages }) => {
    const { resolve, reject } = waiting ?? {};
    waiting = null;
    if (error === undefined) resolve?.({ value: value as never, messages });
    else reject?.(Object.assign(new Error(error.message), { name: error.name }));
  });
  worker.on("error", finish);
  worker.on("exit", () => finish(new Error("the thread that reads it has ended")));
  const thread: Thread = {
    ask: (request) =>
      new Promise((resolve, reject) => {
        if (end !== null) return reject(end);
        worker.ref();
        waiting = { resolve, reject };
        worker.postMessage(request);
      }),
    release() {
      // A thread that waits must not keep the process alive.
      worker.unref();
      if (end === null && idle === null) idle = thread;
      else void worker.terminate();
    },
  };
  return thread;
}

/** Beside this file in the sources; beside the bundle in the built program. */
function programFile(): URL {
  return new URL("parser-thread.mjs", import.meta.url);
}
