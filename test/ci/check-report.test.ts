import { spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const project = fileURLToPath(new URL("../..", import.meta.url));
const checker = fileURLToPath(new URL("check-report.mjs", import.meta.url));

/** What has to run, and does. */
const complete = {
  "test/stores/embedded/store.test.ts": "passed",
  "test/stores/milvus/lite/store.test.ts": "passed",
  "test/stores/milvus/server/core-2.5.test.ts": "passed",
  "test/stores/milvus/server/milvus-2.3.test.ts": "passed",
  "test/docs/generated.test.ts": "passed",
  "test/demo/demo.test.ts": "passed",
  "test/smoke/packed.test.ts": "passed",
};

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "rag-report-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Runs the checker on a report of one test a file. */
async function check(
  statuses: Record<string, string>,
  report: { success?: boolean } = {},
  variables: Record<string, string> = {},
) {
  const testResults = Object.entries(statuses).map(([file, status]) => ({
    name: path.join(project, file),
    status: status === "failed" ? "failed" : "passed",
    assertionResults: [{ fullName: "does what it says", status }],
  }));
  const file = path.join(folder, "report.json");
  await writeFile(file, JSON.stringify({ success: true, testResults, ...report }));
  const env = {
    ...process.env,
    RAG_SHARED_DATA: folder,
    RAG_TEST_MODEL_DIR: "",
    RAG_TEST_OPENAI_URL: "",
    ...variables,
  };
  const { status, stdout } = spawnSync(process.execPath, [checker, file], { encoding: "utf8", env });
  return { status, lines: stdout.trimEnd().split("\n") };
}

describe("the verdict on a test run", () => {
  it("is good where everything passed", async () => {
    expect(await check(complete)).toEqual({ status: 0, lines: ["7 passed, 0 failed"] });
  });

  it("counts a test that failed", async () => {
    const { status, lines } = await check({ ...complete, "test/other.test.ts": "failed" });
    expect(status).toBe(1);
    expect(lines).toContain("failed: test/other.test.ts > does what it says");
  });

  it("counts an error outside of every test", async () => {
    const { status, lines } = await check(complete, { success: false });
    expect([status, lines.at(-1)]).toEqual([1, "7 passed, 1 failed"]);
  });

  it("counts a test that was skipped without a reason, and forgives one whose reason holds", async () => {
    const unexcused = await check({ ...complete, "test/other.test.ts": "skipped" });
    expect(unexcused.status).toBe(1);
    expect(unexcused.lines).toContain("skipped without a reason: test/other.test.ts > does what it says");

    const excused = await check({ ...complete, "test/all-MiniLM-L6-v2.test.ts": "skipped" });
    expect([excused.status, excused.lines.at(-1)]).toEqual([0, "7 passed, 0 failed"]);
    // The documents are there, so nothing excuses a test that needs them.
    expect((await check({ ...complete, "test/loaders/shared-data.test.ts": "skipped" })).status).toBe(1);
  });

  it("forgives no test of a model server where one is named", async () => {
    const tests = { ...complete, "test/answers of the server that RAG_TEST_OPENAI_URL names": "skipped" };
    expect((await check(tests)).status).toBe(0);
    const named = { RAG_TEST_OPENAI_URL: "http://127.0.0.1:1/v1", RAG_TEST_OPENAI_CHAT_MODEL: "m" };
    expect((await check(tests, {}, named)).status).toBe(1);
  });

  it("counts a suite that has to run and did not", async () => {
    const { status, lines } = await check({ ...complete, "test/stores/milvus/lite/store.test.ts": "skipped" });
    expect(status).toBe(1);
    expect(lines).toContain("nothing of test/stores/milvus/lite/store.test.ts ran, and it has to");
  });
});
