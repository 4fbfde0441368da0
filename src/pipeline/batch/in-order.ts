/** Results that may wait for an earlier one, for each piece of work at the same time. */
const waitingPerWorker = 8;

/**
 * Does the work for each item, `atOnce` at the same time, and hands out the results one by one in the items' order, each as
 * soon as those before it are handed out. A slow item holds up the others once enough results wait for it, so that memory
 * stays bounded. The first failure of `work` or `emit` ends it; what is under way then is waited for.
 */
export async function inOrder<Item, Result>(
  items: readonly Item[],
  atOnce: number,
  work: (item: Item) => Promise<Result>,
  emit: (result: Result, item: Item) => Promise<void>,
): Promise<void> {
  const running: Promise<Result>[] = [];
  const busy = new Set<Promise<unknown>>();
  let next = 0;
  const startMore = () => {
    while (next < items.length && busy.size < atOnce && running.length < atOnce * waitingPerWorker) {
      const result = work(items[next++] as Item);
      running.push(result);
      const settled: Promise<unknown> = result
        .catch(() => {})
        .finally(() => {
          busy.delete(settled);
          startMore();
        });
      busy.add(settled);
    }
  };
  try {
    for (const item of items) {
      startMore();
      await emit(await (running[0] as Promise<Result>), item);
      running.shift();
    }
  } finally {
    next = items.length;
    await Promise.all(busy);
  }
}
