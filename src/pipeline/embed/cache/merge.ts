import { randomUUID } from "node:crypto";
import { statSync } from "node:fs";
import { join } from "node:path";
import { type Segment, createSegment, filesOf, removeSegment } from "./segments.ts";

/** Segments of one model that are left as they are: each takes an open file and a moment at the start of every run. */
const mostSegments = 48;
const smallBytes = 4 * 2 ** 20;
/** Milliseconds without a write after which the process that began a segment is taken to be done with it. */
const settledMs = 10 * 60 * 1000;

/**
 * Writes small segments into one where there are many, as many short runs make them (`rag ingest --watch`). A process
 * that still appends to one of them, after a long pause, loses what it appends from then on. Throws the system's error.
 */
export function mergeSmall(folder: string, dimensions: number, segments: readonly Segment[]): void {
  if (segments.length <= mostSegments) return;
  const settledBefore = Date.now() - settledMs;
  const small = segments.filter(({ name }) => {
    const { vectors } = filesOf(join(folder, name));
    const found = statSync(vectors, { throwIfNoEntry: false });
    return found !== undefined && found.size < smallBytes && found.mtimeMs < settledBefore;
  });
  if (small.length < 2) return;
  const merged = createSegment(folder, `${dimensions}-${randomUUID()}`);
  try {
    for (const segment of small) {
      const entries: { key: Uint8Array; vector: Float32Array }[] = [];
      segment.eachKey((key, position) => {
        const vector = segment.read(key, position);
        if (vector !== null) entries.push({ key, vector });
      });
      merged.append(entries);
    }
  } finally {
    merged.close();
  }
  for (const { name } of small) removeSegment(join(folder, name));
}
