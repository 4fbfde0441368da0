import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { provideLitePython } from "../../src/stores/milvus/lite/environment.ts";
import { findPython } from "../../src/stores/milvus/lite/installer.ts";
import { writeMarkdown } from "./corpus.ts";
import { type Figure, atLeast, atMost } from "./figure.ts";
import { clusteredVectors, makeCollection } from "./generated-collection.ts";
import { compare, median } from "./measure.ts";
import type { Workspace } from "./workspace.ts";

const rounds = 11;
const coldRuns = 5;
const engineEndsMs = 5000;
const query = "lace bani ruce";

/** Milvus Lite beside the embedded store: search, ingest, copy. The engine ends when its database is gone. */
export async function benchMilvusLite(workspace: Workspace): Promise<Figure[] | { skipped: string }> {
  if ((await findPython(process.env)) === null) return { skipped: "Milvus Lite needs Python 3.10 or later" };
  workspace.progress("lite: providing the engine");
  await provideLitePython({ variables: workspace.variables, onNotice: (text) => workspace.progress(text) });
  return [...(await search(workspace)), ...(await ingest(workspace)), ...(await copy(workspace))];
}

async function search(workspace: Workspace): Promise<Figure[]> {
  const folder = await workspace.newFolder("lite-search");
  await writeMarkdown(join(folder, "docs"), { documents: 250, sections: 20, words: 150 });
  workspace.rag(["ingest", "docs"], folder);
  workspace.rag(["ingest", "docs", "--uri", "./lite.db"], folder);
  workspace.progress("lite: warm search");
  const warm = await compare(
    rounds,
    () => workspace.rag(["search", query, "--uri", "./lite.db"], folder).milliseconds,
    () => workspace.rag(["search", query], folder).milliseconds,
  );

  workspace.progress("lite: start");
  const start = await compare(
    rounds,
    () => startOf("adapter", folder, workspace),
    () => startOf("client", folder, workspace),
  );

  workspace.progress("lite: cold search");
  const coldFolder = await workspace.newFolder("lite-cold");
  await writeFile(join(coldFolder, ".ragrc"), JSON.stringify({ milvus: { uri: "./lite.db", idleMinutes: 0 } }));
  workspace.rag(["ingest", join(folder, "docs")], coldFolder);
  const cold: number[] = [];
  for (let run = 0; run < coldRuns; run++) {
    // The engine of the command before takes a moment to end; one that is caught at it would be warm.
    await setTimeout(engineEndsMs);
    cold.push(workspace.rag(["search", query], coldFolder).milliseconds);
  }
  return [
    { name: "rag search, 5k chunks, warm engine", value: warm.milliseconds, unit: "ms", target: null },
    { name: "the same, embedded store", value: warm.yardstick, unit: "ms", target: null },
    { name: "warm search against the embedded store", value: warm.ratio, unit: "×", target: atMost(2.5) },
    { name: "first answer of a running Milvus", value: start.milliseconds, unit: "ms", target: atMost(250) },
    { name: "the same, through the SDK's client", value: start.yardstick, unit: "ms", target: null },
    { name: "rag search, 5k chunks, cold engine", value: median(cold) / 1000, unit: "s", target: atMost(2.5) },
  ];
}

function startOf(way: "adapter" | "client", folder: string, workspace: Workspace): number {
  const script = fileURLToPath(new URL("milvus-start.mjs", import.meta.url));
  const { stdout } = workspace.node([script, way, "./lite.db"], folder);
  return (JSON.parse(stdout) as { milliseconds: number }).milliseconds;
}

/** Through the command, the vectors from a server in a thread that answers at once. */
async function ingest(workspace: Workspace): Promise<Figure[]> {
  const folder = await workspace.newFolder("lite-ingest");
  const worker = new Worker(new URL("embedding-server.mjs", import.meta.url), {
    workerData: { latencyMs: 0, dimensions: 384, failEvery: 0 },
  });
  try {
    const [{ port }] = (await once(worker, "message")) as [{ port: number }];
    const bench = { baseUrl: `http://127.0.0.1:${port}/v1`, embeddingModel: "bench", dimensions: 384, maxBatch: 100 };
    const settings = { providers: { bench }, embedding: { provider: "bench", cache: false } };
    await writeFile(join(folder, ".ragrc"), JSON.stringify(settings));
    await writeMarkdown(join(folder, "docs"), { documents: 1000, sections: 20, words: 150 });
    workspace.progress("lite: ingesting 20,000 chunks with vectors");
    const embedded = await rateOf(["ingest", "docs"], folder, workspace);
    // Starts the engine, as an earlier command would have.
    workspace.rag(["collections", "list", "--uri", "./lite.db"], folder);
    const lite = await rateOf(["ingest", "docs", "--uri", "./lite.db"], folder, workspace);
    return [
      { name: "ingest, 20k chunks of 384 dimensions", value: lite, unit: "chunks/s", target: atLeast(1500) },
      { name: "the same, embedded store", value: embedded, unit: "chunks/s", target: null },
    ];
  } finally {
    await worker.terminate();
  }
}

async function rateOf(argv: string[], folder: string, workspace: Workspace): Promise<number> {
  const { stdout, milliseconds } = await workspace.ragBeside([...argv, "--json"], folder);
  const { chunks } = JSON.parse(stdout) as { chunks: { written: number; embedded: number } };
  if (chunks.embedded !== chunks.written) throw new Error(`${chunks.embedded} of ${chunks.written} were embedded`);
  return chunks.written / (milliseconds / 1000);
}

async function copy(workspace: Workspace): Promise<Figure[]> {
  const small = await copyOf(10_000, workspace);
  const large = await copyOf(100_000, workspace);
  return [
    { name: "copy, 100k chunks, embedded to Lite", value: large.rate, unit: "rows/s", target: atLeast(1000) },
    { name: "copy: peak memory", value: large.peakBytes / 1e6, unit: "MB", target: null },
    {
      name: "copy: peak memory, 100k against 10k chunks",
      value: large.peakBytes / small.peakBytes,
      unit: "×",
      target: atMost(1.3),
    },
  ];
}

async function copyOf(chunks: number, workspace: Workspace): Promise<{ rate: number; peakBytes: number }> {
  workspace.progress(`lite: making ${chunks} chunks with vectors`);
  const folder = await workspace.newFolder(`lite-copy-${chunks}`);
  const { close } = await makeCollection(chunks, clusteredVectors(3), folder);
  await close();
  // No idle time: the engine begins to end with the command.
  await writeFile(join(folder, ".ragrc"), JSON.stringify({ milvus: { idleMinutes: 0 } }));
  workspace.progress(`lite: copying ${chunks} chunks`);
  const argv = ["collections", "copy", "docs", "--to", "./lite.db", "--json"];
  const { stdout, milliseconds, peakBytes } = await workspace.ragWithPeak(argv, folder);
  const result = JSON.parse(stdout) as { chunks: number; verified: boolean };
  if (result.chunks !== chunks || !result.verified) throw new Error(`the copy is not what was copied: ${stdout}`);
  return { rate: chunks / (milliseconds / 1000), peakBytes };
}
