import { readFile, readdir } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { readableStack } from "../../src/cli/readable-stack.ts";

const dist = fileURLToPath(new URL("../../dist", import.meta.url));

/** Line and column of a text in a bundle, as a stack trace counts them, and the bundle's path. */
async function placeOf(text: string): Promise<string> {
  for (const name of await readdir(dist)) {
    if (!name.endsWith(".cjs")) continue;
    const lines = (await readFile(path.join(dist, name), "utf8")).split("\n");
    const line = lines.findIndex((content) => content.includes(text));
    if (line >= 0) return `${path.join(dist, name)}:${line + 1}:${lines[line]!.indexOf(text) + 1}`;
  }
  throw new Error(`no bundle contains ${text}`);
}

describe("a stack trace", () => {
  test("names the sources' files and lines, as they were written", async () => {
    const text = "is a LanceDB table that another program made";
    const stack = readableStack(`Error: x\n    at search (${await placeOf(text)})\n    at node:internal/x:1:2`);
    const [, file, line] = /at search \((src\/[\w/-]+\.ts):(\d+):\d+\)/.exec(stack) ?? [];
    expect(file).toBe("src/stores/embedded/store.ts");
    const source = (await readFile(path.join(dist, "..", file!), "utf8")).split("\n");
    expect(source[Number(line) - 1]).toContain(text);
    expect(stack).toMatch(/^Error: x\n/);
    expect(stack).toMatch(/at node:internal\/x:1:2$/);
  });

  test("names the packages that are bundled", async () => {
    const stack = readableStack(`at f (${await placeOf("too many arguments")})`);
    expect(stack).toMatch(/^at f \(node_modules\/commander\/lib\/command\.js:\d+:\d+\)$/);
  });

  test("stays as it is where there is no map", () => {
    const stack = "Error: x\n    at f (/nowhere/x.cjs:1:2)\n    at g (/nowhere/y.js:3:4)";
    expect(readableStack(stack)).toBe(stack);
  });
});
