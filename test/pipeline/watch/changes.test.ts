import { expect, it } from "vitest";
import type { Discovery } from "../../../src/pipeline/discover/discover.ts";
import { type Changes, changeQueue, narrowed } from "../../../src/pipeline/watch/changes.ts";

const never = new AbortController().signal;

it("takes changes together until they pause; the last word on each file counts", async () => {
  const queue = changeQueue();
  const next = queue.next(never);
  queue.add({ path: "/a", isGone: true });
  queue.add({ path: "/a", isGone: false });
  queue.add({ path: "/b", isGone: true });
  expect(await next).toEqual({ changed: new Set(["/a"]), gone: new Set(["/b"]), isFull: false });
  queue.add({ path: "/c", isGone: false });
  expect((await queue.next(never)).changed).toEqual(new Set(["/c"]));
});

it.each([
  ["many files", Array.from({ length: 501 }, (_, index) => ({ path: `/${index}`, isGone: false }))],
  ["many that are gone", Array.from({ length: 11 }, (_, index) => ({ path: `/${index}`, isGone: true }))],
  ["an ignore file", [{ path: "/docs/.gitignore", isGone: false }]],
])("compares everything after %s", async (_, changes) => {
  const queue = changeQueue();
  for (const change of changes) queue.add(change);
  expect((await queue.next(never)).isFull).toBe(true);
});

it("ends the waiting on abort", async () => {
  const abort = new AbortController();
  const next = changeQueue().next(abort.signal);
  abort.abort(new Error("enough"));
  await expect(next).rejects.toThrow("enough");
});

it("narrows a discovery to what changed, and removes only what was seen to go", () => {
  const file = (source: string) => ({ source, path: `/${source}`, size: 1 });
  const discovery: Discovery = {
    files: ["a.md", "b.md"].map(file),
    covers: (source) => source.endsWith(".md"),
    failures: [{ source: "c.md", code: "not-readable", message: "" }],
    warnings: ["w"],
    leftOut: [{ extension: ".key", files: 1 }],
  };
  const changes: Changes = { changed: new Set(["/a.md"]), gone: new Set(["/b.md", "/d.md", "/e.txt"]), isFull: false };
  const narrow = narrowed(discovery, changes, (source) => `/${source}`);
  expect(narrow.files).toEqual([file("a.md")]);
  expect(narrow).toMatchObject({ failures: [], warnings: [], leftOut: [] });
  const covered = ["a.md", "b.md", "d.md", "e.txt", "other.md"].filter((source) => narrow.covers(source));
  expect(covered).toEqual(["d.md"]);
  expect(narrowed(discovery, { ...changes, isFull: true }, (source) => source)).toBe(discovery);
});
