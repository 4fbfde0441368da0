import { expect, test } from "vitest";
import { inOrder } from "../../src/util/in-order.ts";

async function resultsOf<Result>(generator: AsyncGenerator<{ result: Result }>): Promise<Result[]> {
  const results: Result[] = [];
  for await (const { result } of generator) results.push(result);
  return results;
}

/** Work that ends when it is told to, and what is being worked on. */
function manualWork() {
  const running = new Map<number, () => void>();
  const work = (item: number) =>
    new Promise<number>((resolve) => {
      running.set(item, () => {
        running.delete(item);
        resolve(item * 10);
      });
    });
  return { running, work };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));
const limits = { items: 3, size: 100, sizeOf: () => 1 };

test("results come in the order of the items, whichever is done first", async () => {
  const { running, work } = manualWork();
  const results = resultsOf(inOrder([1, 2, 3], work, limits));
  await turn();
  for (const item of [3, 1, 2]) {
    running.get(item)?.();
    await turn();
  }
  expect(await results).toEqual([10, 20, 30]);
});

test("no more is begun than may be, by number and by size, and one alone may be larger", async () => {
  const { running, work } = manualWork();
  const sizes = [60, 30, 20, 500, 1];
  const results = resultsOf(inOrder([0, 1, 2, 3, 4], work, { ...limits, sizeOf: (item) => sizes[item]! }));
  const begun: number[][] = [];
  for (const item of [0, 1, 2, 3, 4]) {
    await turn();
    begun.push([...running.keys()]);
    running.get(item)?.();
  }
  expect(await results).toEqual([0, 10, 20, 30, 40]);
  expect(begun).toEqual([[0, 1], [1, 2], [2], [3], [4]]);
});

test("a failure comes in its turn, behind what stands before it", async () => {
  const seen: number[] = [];
  const work = (item: number) => (item === 2 ? Promise.reject(new Error("second")) : Promise.resolve(item));
  const all = async () => {
    for await (const { result } of inOrder([1, 2, 3], work, limits)) seen.push(result);
  };
  await expect(all()).rejects.toThrow("second");
  expect(seen).toEqual([1]);
});
