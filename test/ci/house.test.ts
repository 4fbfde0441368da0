import { readdir } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const source = fileURLToPath(new URL("../../src", import.meta.url));

interface Folder {
  /** Relative to `src`, with slashes. */
  name: string;
  files: string[];
}

const entries = await readdir(source, { recursive: true, withFileTypes: true });
const files = entries.filter((entry) => entry.isFile());
const folders: Folder[] = [...new Set(files.map(({ parentPath }) => parentPath))].map((folder) => ({
  name: path.relative(source, folder).replaceAll("\\", "/"),
  files: files.filter(({ parentPath }) => parentPath === folder).map(({ name }) => name),
}));

describe("a folder of src", () => {
  it("holds at most 15 files side by side", () => {
    expect(folders.length).toBeGreaterThan(20);
    expect(folders.filter(({ files }) => files.length > 15)).toEqual([]);
  });

  it("holds at most eight files where it has no subject of its own", () => {
    expect(folders.find(({ name }) => name === "util")?.files.length).toBeLessThanOrEqual(8);
  });

  it("holds no three files that share a prefix: those are a folder", () => {
    const shared = folders.flatMap(({ name, files }) => {
      const prefixed = files.flatMap((file) => file.match(/^[^-.]+-/)?.[0] ?? []);
      return [...new Set(prefixed)]
        .filter((prefix) => prefixed.filter((other) => other === prefix).length >= 3)
        .map((prefix) => `${name}/${prefix}`);
    });
    expect(shared).toEqual([]);
  });
});
