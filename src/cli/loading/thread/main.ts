import { parentPort, workerData } from "node:worker_threads";
import { chunkerFor } from "../../../chunkers/index.ts";
import { loaderFor as findLoader } from "../../../loaders/loader-for-file.ts";
import { type CutParts, cutDocument } from "../../../pipeline/ingest/cut-document.ts";
import { silenceNode } from "../../silence-node.ts";
import { type ThreadAnswer, type ThreadOrder, type ThreadSettings, failureOf } from "./messages.ts";

// A fault in native code would end the whole process, not the thread. No loader needs any; a library may try to find some.
process.dlopen = () => {
  throw new Error("threads that read files load no native code");
};
silenceNode(process.env["NODE_OPTIONS"]);
if (parentPort === null) throw new Error("started as a process of its own, not as a thread");
const port = parentPort;
const { strategy, chunking, loading } = workerData as ThreadSettings;
const chunker = chunkerFor(strategy);
const loaderFor: CutParts["loaderFor"] = (source, bytes) => findLoader(source, bytes, loading);
/** Files are cut one after the other, so that whatever happens is due to the first that is not done. */
let before: Promise<void> = chunker.then(() => tell({ kind: "ready" }));

port.on("message", (order: ThreadOrder) => {
  // Without its port, a thread ends as soon as it has nothing to do.
  before = before.then(() => (order === null ? port.close() : answer(order)));
});

async function answer({ id, ...request }: NonNullable<ThreadOrder>): Promise<void> {
  try {
    tell({ kind: "cut", id, document: await cutDocument(request, { loaderFor, chunker: await chunker, chunking }) });
  } catch (error) {
    tell({ kind: "failed", id, failure: failureOf(error) });
  }
}

function tell(message: ThreadAnswer): void {
  port.postMessage(message);
}
