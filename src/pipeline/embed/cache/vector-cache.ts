import { createHash, randomUUID } from "node:crypto";
import { readdirSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { makeFolderSync } from "../../../files/make-folder.ts";
import { createKeyTable, keyBytes } from "./key-table.ts";
import { keepWithin } from "./limits.ts";
import { mergeSmall } from "./merge.ts";
import { type Segment, type SegmentWriter, createSegment, filesOf, openSegment } from "./segments.ts";

/** Vectors of texts that one model was sent before, for whichever collection. */
export interface VectorCache {
  has(text: string): boolean;
  /** `null` where the text was not sent before, or what is kept of it is damaged. */
  get(text: string): Float32Array | null;
  /** Keeps vectors, each of a text, at once: a process that is killed afterwards loses none. */
  put(texts: readonly string[], vectors: readonly Float32Array[]): void;
  /** Notes what was used, and removes what was used least lately where all is too large. */
  close(): void;
}

/** Where vectors are kept. */
export interface VectorCacheSettings {
  /** Absolute; made where it is missing. */
  folder: string;
  /** Of all models together. */
  maxBytes: number;
}

/** Whose vectors are wanted. */
export interface CachedModel {
  /** Says which model it is, and what it is asked for; see `Embedder.keepsVectorsAs`. */
  model: string;
  /** `null`: those of the vectors that are kept of the model, as far as they are all of one length. */
  dimensions: number | null;
}

/** A segment is removed as a whole, so that one is small beside what may be kept. */
const mostSegmentBytes = 64 * 2 ** 20;
/** Larger parts of the limit would make the cache forget much at once. */
const segmentsWithinLimit = 16;

/**
 * Opens what is kept of one model. Never throws, and neither do its functions: where a file is damaged, gone or cannot be
 * written, the text is sent to the model again. Several processes may use one folder; each writes files of its own.
 */
export function openVectorCache({ folder, maxBytes }: VectorCacheSettings, wanted: CachedModel): VectorCache {
  const place = join(folder, createHash("sha256").update(`1\n${wanted.model}`).digest("hex").slice(0, 32));
  const named = segmentNames(place);
  const lengths = new Set(named.map(({ dimensions }) => dimensions));
  const dimensions = wanted.dimensions ?? (lengths.size === 1 ? ([...lengths][0] ?? null) : null);

  const table = createKeyTable();
  const segments: Segment[] = [];
  const used = new Set<Segment>();
  for (const { name, dimensions: length } of named) {
    if (length === dimensions) attempt(() => segments.push(openSegment(place, name, length)));
  }
  for (const [segment, { eachKey }] of segments.entries()) {
    eachKey((key, position) => table.add(key, { segment, position }));
  }

  let writer: SegmentWriter | null = null;
  let isWritable = true;
  let hasWritten = false;

  function append(entries: { key: Buffer; vector: Float32Array }[]): void {
    if (writer === null) {
      makeFolderSync(folder, { mode: 0o700 });
      makeFolderSync(place, { mode: 0o700 });
      writer = createSegment(place, `${dimensions}-${randomUUID()}`);
    }
    writer.append(entries);
    hasWritten = true;
    if (writer.bytes < Math.min(mostSegmentBytes, maxBytes / segmentsWithinLimit)) return;
    writer.close();
    writer = null;
    keepWithin(folder, maxBytes);
  }

  return {
    has: (text) => table.get(keyOf(text)) !== null,
    get(text) {
      const key = keyOf(text);
      const found = table.get(key);
      const segment = found === null ? undefined : segments[found.segment];
      if (found === null || segment === undefined) return null;
      used.add(segment);
      return attempt(() => segment.read(key, found.position)) ?? null;
    },
    put(texts, vectors) {
      if (!isWritable) return;
      const entries = texts.flatMap((text, index) => {
        const vector = vectors[index];
        return vector?.length === dimensions ? [{ key: keyOf(text), vector }] : [];
      });
      if (entries.length === 0) return;
      // After half a write, positions would no longer be those of the keys.
      isWritable = attempt(() => append(entries) ?? true) ?? false;
    },
    close() {
      const now = new Date();
      for (const { name } of used) attempt(() => utimesSync(join(place, filesOf(name).keys), now, now));
      if (hasWritten && dimensions !== null) attempt(() => mergeSmall(place, dimensions, segments));
      for (const segment of segments) attempt(segment.close);
      if (writer !== null) attempt(writer.close);
      if (!hasWritten) return;
      attempt(() => keepWithin(folder, maxBytes));
    },
  };
}

function segmentNames(place: string): { name: string; dimensions: number }[] {
  return (attempt(() => readdirSync(place)) ?? []).flatMap((file) => {
    const [, name, dimensions] = /^((\d+)-[\da-f-]+)\.keys$/.exec(file) ?? [];
    return name === undefined ? [] : [{ name, dimensions: Number(dimensions) }];
  });
}

function keyOf(text: string): Buffer {
  return createHash("sha256").update(text).digest().subarray(0, keyBytes);
}

/** `undefined` where it throws: a cache that cannot be used costs a request, not the ingest. */
function attempt<Result>(work: () => Result): Result | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
