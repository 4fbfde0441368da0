/**
 * Works on the items in order, beginning each while the one before it is under way. Throws what the first to fail threw,
 * once nothing is under way any more.
 */
export async function overlapping<Item>(items: Iterable<Item>, work: (item: Item) => Promise<void>): Promise<void> {
  let underWay: Promise<void>[] = [];
  try {
    for (const item of items) {
      const begun = work(item);
      // Awaited below; a failure before that is not an unhandled one.
      begun.catch(() => {});
      underWay = [...underWay.slice(-1), begun];
      if (underWay.length > 1) await underWay[0];
    }
    await underWay.at(-1);
  } finally {
    await Promise.allSettled(underWay);
  }
}
