import { setTimeout } from "node:timers/promises";
import { expect, test } from "vitest";
import { overlapping } from "../../../src/stores/shared/overlapping.ts";

test("begins each item while the one before is under way, and never a third", async () => {
  const events: string[] = [];
  const ends: (() => void)[] = [];
  const done = overlapping([0, 1, 2], async (item) => {
    events.push(`begin ${item}`);
    await new Promise<void>((resolve) => ends.push(resolve));
    events.push(`end ${item}`);
  });
  await setTimeout();
  expect(events).toEqual(["begin 0", "begin 1"]);
  ends[0]?.();
  await setTimeout();
  expect(events).toEqual(["begin 0", "begin 1", "end 0", "begin 2"]);
  ends[1]?.();
  ends[2]?.();
  await done;
  expect(events.slice(4)).toEqual(["end 1", "end 2"]);
});

test("throws what failed first when nothing is under way any more, and begins nothing else", async () => {
  const ended: number[] = [];
  const begun: number[] = [];
  const failed = overlapping([0, 1, 2, 3], async (item) => {
    begun.push(item);
    await setTimeout(item === 1 ? 20 : 1);
    ended.push(item);
    if (item < 2) throw new Error(`item ${item}`);
  });
  await expect(failed).rejects.toThrow("item 0");
  expect(begun).toEqual([0, 1]);
  expect(ended).toEqual([0, 1]);
});

test("throws what making an item threw, after what was under way has ended", async () => {
  let ended = false;
  function* items(): Generator<number> {
    yield 0;
    throw new Error("no more");
  }
  const failed = overlapping(items(), async () => {
    await setTimeout(5);
    ended = true;
  });
  await expect(failed).rejects.toThrow("no more");
  expect(ended).toBe(true);
});

test("does nothing for nothing", async () => {
  await expect(overlapping([], () => Promise.reject(new Error("never")))).resolves.toBeUndefined();
});
