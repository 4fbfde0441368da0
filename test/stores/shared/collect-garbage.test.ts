import { expect, test } from "vitest";
import { collectGarbage } from "../../../src/stores/shared/collect-garbage.ts";

test("what nothing refers to is gone when it has been collected", async () => {
  const reference = new WeakRef(Array.from({ length: 1000 }, (_, index) => ({ index })));
  await collectGarbage();
  expect(reference.deref()).toBeUndefined();
});
