import { readdirSync, rmdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { filesOf, removeSegment } from "./segments.ts";

interface StoredSegment {
  /** Folder and name of its files, without what they end in. */
  path: string;
  bytes: number;
  /** Milliseconds since 1970: when it was last written to or read from. */
  usedAt: number;
}

/** Removes the segments that were not used for longest, until all in the folder take no more than so many bytes. */
export function keepWithin(folder: string, maxBytes: number): void {
  const segments = segmentsIn(folder).sort((a, b) => b.usedAt - a.usedAt);
  let sum = 0;
  for (const { path, bytes } of segments) {
    sum += bytes;
    if (sum <= maxBytes) continue;
    removeSegment(path);
    removeEmpty(dirname(path));
  }
}

/** All segments of all models. A file that another process removes meanwhile counts as nothing. */
function segmentsIn(folder: string): StoredSegment[] {
  const names = readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /\.(?:keys|vectors)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name.replace(/\.\w+$/, "")));
  return [...new Set(names)].map((path) => {
    const found = Object.values(filesOf(path)).flatMap((file) => statSync(file, { throwIfNoEntry: false }) ?? []);
    return {
      path,
      bytes: found.reduce((sum, { size }) => sum + size, 0),
      usedAt: Math.max(0, ...found.map(({ mtimeMs }) => mtimeMs)),
    };
  });
}

function removeEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // Segments are left in it.
  }
}
