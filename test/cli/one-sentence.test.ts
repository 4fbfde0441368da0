import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Sandbox, createSandbox } from "./run-rag.ts";

// What somebody tries first: one note, and a question that words it in another way.
let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await createSandbox();
  await sandbox.write({ "note.md": "Vectors are stored in the folder .rag.\n" });
  expect((await sandbox.rag(["ingest", "note.md", "-q"])).exitCode).toBe(0);
});
afterAll(() => sandbox.remove());

const answer = "Vectors are stored in the folder .rag. [1]\n";

describe("a collection of one sentence", () => {
  test.each([
    ["ask", ["ask", "Where are vectors kept?"], ""],
    ["chat", ["chat"], "Where are vectors kept?\n"],
  ])("answers rag %s where one word of the question is another one", async (_, argv, input) => {
    const { exitCode, stdout } = await sandbox.rag(argv, { input });
    expect(exitCode).toBe(0);
    expect(stdout.startsWith(answer)).toBe(true);
  });

  test("refuses a question with several words that it does not hold", async () => {
    expect((await sandbox.rag(["ask", "What do vectors cost in tropical gardens?"])).exitCode).toBe(1);
    expect((await sandbox.rag(["ask", "Who wrote the marathon's rules?"])).exitCode).toBe(1);
  });
});
