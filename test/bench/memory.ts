import { join } from "node:path";
import { writeMarkdown } from "./corpus.ts";
import { type Figure, atMost } from "./figure.ts";
import { median } from "./measure.ts";
import type { Workspace } from "./workspace.ts";

const sectionsPerDocument = 20;
const wordsPerSection = 150;
const runs = 3;

/** Peak memory of an ingest of ten times as much: it must not grow with the corpus. */
export async function benchMemory(workspace: Workspace): Promise<Figure[]> {
  const small = await peakOf(10_000, runs, workspace);
  const large = await peakOf(100_000, runs, workspace);
  return [
    ...figuresOf("10k", small),
    ...figuresOf("100k", large),
    {
      name: "peak memory, 100k against 10k chunks",
      value: large.peakBytes / small.peakBytes,
      unit: "×",
      target: atMost(1.3),
    },
  ];
}

interface Peak {
  chunks: number;
  peakBytes: number;
  milliseconds: number;
}

async function peakOf(chunks: number, times: number, workspace: Workspace): Promise<Peak> {
  workspace.progress(`memory: writing documents of ${chunks} chunks`);
  const folder = await workspace.newFolder(`memory-${chunks}`);
  const documents = chunks / sectionsPerDocument;
  await writeMarkdown(join(folder, "docs"), { documents, sections: sectionsPerDocument, words: wordsPerSection });
  const measured = [];
  for (let run = 1; run <= times; run++) {
    workspace.progress(`memory: ingesting ${chunks} chunks, run ${run} of ${times}`);
    measured.push(await workspace.ragWithPeak(["ingest", "docs", "--recreate", "--json"], folder));
  }
  const [first] = measured;
  const result = JSON.parse(first?.stdout ?? "") as { chunks: { written: number } };
  if (Math.abs(result.chunks.written / chunks - 1) > 0.05) {
    throw new Error(`${result.chunks.written} chunks were written where ${chunks} were meant`);
  }
  return {
    chunks: result.chunks.written,
    peakBytes: median(measured.map((run) => run.peakBytes)),
    milliseconds: median(measured.map((run) => run.milliseconds)),
  };
}

function figuresOf(name: string, { chunks, peakBytes, milliseconds }: Peak): Figure[] {
  return [
    { name: `peak memory of ingest, ${name} chunks`, value: peakBytes / 1e6, unit: "MB", target: null },
    { name: `ingest, ${name} chunks`, value: chunks / (milliseconds / 1000), unit: "chunks/s", target: null },
  ];
}
