export interface AheadLimits<Item> {
  /** Items that are worked on at the same time, or done and not yet taken; at least 1. */
  items: number;
  /** Sum of their sizes. One item alone may be larger. */
  size: number;
  sizeOf(item: Item): number;
}

/**
 * Works on several items at the same time and gives the results in the order of the items. Rejects with what the work
 * rejected with, when that item's turn comes; what was begun behind it is left to end by itself.
 */
export async function* inOrder<Item, Result>(
  items: Iterable<Item>,
  work: (item: Item) => Promise<Result>,
  limits: AheadLimits<Item>,
): AsyncGenerator<{ item: Item; result: Result }> {
  const begun: { item: Item; result: Promise<Result> }[] = [];
  let size = 0;
  const take = async (): Promise<{ item: Item; result: Result }> => {
    const { item, result } = begun.shift()!;
    const taken = { item, result: await result };
    size -= limits.sizeOf(item);
    return taken;
  };
  for (const item of items) {
    const added = limits.sizeOf(item);
    while (begun.length >= limits.items || (begun.length > 0 && size + added > limits.size)) yield await take();
    const result = work(item);
    // Handled in its turn; until then it must not count as unhandled.
    result.catch(() => {});
    begun.push({ item, result });
    size += added;
  }
  while (begun.length > 0) yield await take();
}
