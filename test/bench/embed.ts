import { once } from "node:events";
import { setImmediate } from "node:timers/promises";
import { Worker } from "node:worker_threads";

import { createOpenAIEmbedder } from "../../src/embedders/openai.ts";
import { createEmbedPool } from "../../src/pipeline/embed/embed.ts";
import type { EmbedOutcome } from "../../src/pipeline/embed/outcome-memory.ts";
import { resolveEndpoint } from "../../src/models/endpoint.ts";
import { type Figure, atMost } from "./figure.ts";
import type { Workspace } from "./workspace.ts";

const textCount = 20_000;
const batchSize = 100;
const concurrency = 8;
const latencyMs = 100;
const dimensions = 384;

/** Embeds 20,000 texts, 100 a request, 8 requests in flight, 100 ms a request: without faults, and with one request in ten failing. */
export async function benchEmbed(workspace: Workspace): Promise<Figure[]> {
  workspace.progress("embed: no faults");
  const undisturbed = await run(0);
  workspace.progress("embed: one request in ten fails");
  const disturbed = await run(10);
  return [
    { name: "embedding 20k texts, against the ideal", value: undisturbed, unit: "×", target: atMost(1.15) },
    { name: "the same, 10 % of requests answered 429 or 500", value: disturbed, unit: "×", target: atMost(1.6) },
  ];
}

/** The time it takes, against requests / concurrency × latency. */
async function run(failEvery: number): Promise<number> {
  const worker = new Worker(new URL("embedding-server.mjs", import.meta.url), {
    workerData: { latencyMs, dimensions, failEvery },
  });
  try {
    const [{ port }] = (await once(worker, "message")) as [{ port: number }];
    const endpoint = resolveEndpoint({
      section: { provider: "bench" },
      rows: { bench: { baseUrl: `http://127.0.0.1:${port}/v1`, embeddingModel: "bench", maxBatch: batchSize } },
      environment: { variables: {}, configFile: null, configIsTrusted: true },
      purpose: "embedding",
    });
    const embedder = createOpenAIEmbedder(endpoint, {
      dimensions: null,
      collectionDimensions: null,
      queryPrefix: null,
      documentPrefix: null,
      timeoutMs: 60_000,
    });
    const filler = "lorem ipsum dolor ".repeat(40);
    const documents = Array.from({ length: textCount / 20 }, (_, document) =>
      Array.from({ length: 20 }, (_, passage) => flat(`Passage ${document}.${passage}: ${filler}`)),
    );
    const pool = createEmbedPool(embedder, { concurrency, batchSize, prefix: "" });
    const startedAt = performance.now();
    // As an ingest does: one document after the other, each with a few passages.
    const embedded: Promise<EmbedOutcome[]>[] = [];
    for (const document of documents) {
      embedded.push(pool.embed(document));
      await setImmediate();
    }
    pool.flush();
    const outcomes = (await Promise.all(embedded)).flat();
    const milliseconds = performance.now() - startedAt;

    worker.postMessage("count");
    const [counted] = (await once(worker, "message")) as [{ requests: number; texts: number }];
    const vectors = outcomes.filter((outcome) => "vector" in outcome).length;
    if (vectors !== textCount || counted.texts !== textCount) {
      throw new Error(`${vectors} vectors came from ${counted.texts} embedded texts, not ${textCount}`);
    }
    return milliseconds / ((textCount / batchSize / concurrency) * latencyMs);
  } finally {
    await worker.terminate();
  }
}

/** The same text as one piece in memory, as text that was read from a file is. */
function flat(text: string): string {
  return Buffer.from(text).toString("latin1");
}
