import { posix } from "node:path";

/** The file's name without folder and extension: `guides/Set up.md` → `Set up`, `.notes` → `.notes`. */
export function fileStem(source: string): string {
  const { name } = posix.parse(source);
  return name;
}
