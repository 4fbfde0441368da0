import { expect, test } from "vitest";
import { run } from "../../../../src/stores/milvus/lite/installer.ts";

test("a program that cannot be started leaves nothing behind that keeps the process alive", async () => {
  const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
  const before = timers();
  const finished = await run(["/nonexistent/python", []], { variables: {}, timeoutMs: 60_000 });
  expect(finished.code).toBeNull();
  expect(timers()).toBe(before);
});
