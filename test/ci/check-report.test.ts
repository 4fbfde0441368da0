import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
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

/** Runs the checker on a report of one test a file, which names these needs. */
async function check(
  statuses: Record<string, string>,
  report: { success?: boolean } = {},
  needs: string[] = [],
  variables: Record<string, string> = {},
) {
  const testResults = Object.entries(statuses).map(([file, status]) => ({
    name: path.join(project, file),
    status: status === "failed" ? "failed" : "passed",
    assertionResults: [{ fullName: "does what it says", status, meta: { needs } }],
  }));
  const file = path.join(folder, "report.json");
  await writeFile(file, JSON.stringify({ success: true, testResults, ...report }));
  const env = {
    ...process.env,
    RAG_SHARED_DATA: folder,
    RAG_TEST_MODEL_DIR: "",
    RAG_TEST_OPENAI_URL: "",
    RAG_TEST_OPENAI_KEY: "",
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

  it("counts a test that was skipped without a reason, and forgives one that lacks what it needs", async () => {
    const tests = { ...complete, "test/other.test.ts": "skipped" };
    const unexcused = await check(tests);
    expect(unexcused.status).toBe(1);
    expect(unexcused.lines).toContain("skipped without a reason: test/other.test.ts > does what it says");

    const excused = await check(tests, {}, ["model-weights"]);
    expect([excused.status, excused.lines.at(-1)]).toEqual([0, "7 passed, 0 failed"]);
    expect(excused.lines[0]).toBe("1 skipped: needs a model's weights, in the folder that RAG_TEST_MODEL_DIR names");
    expect((await check(tests, {}, ["a need that nobody knows"])).status).toBe(1);
  });

  it("forgives nothing where the need is met", async () => {
    const tests = { ...complete, "test/shared-data.test.ts": "skipped" };
    expect((await check(tests, {}, ["shared-data"])).status).toBe(0);
    await mkdir(path.join(folder, "files"));
    await writeFile(path.join(folder, "files/expect.json"), "[]");
    expect((await check(tests, {}, ["shared-data"])).status).toBe(1);
    const server = { RAG_TEST_OPENAI_URL: "http://127.0.0.1:1/v1", RAG_TEST_OPENAI_CHAT_MODEL: "m" };
    expect((await check(tests, {}, ["chat-server"])).status).toBe(0);
    expect((await check(tests, {}, ["chat-server"], server)).status).toBe(1);
    // The server is there, its key is not.
    expect((await check(tests, {}, ["chat-server", "server-key"], server)).status).toBe(0);
  });

  it("learns from vitest itself what a skipped test needs", async () => {
    const report = path.join(folder, "real.json");
    const vitest = path.join(project, "node_modules/vitest/vitest.mjs");
    const file = "test/fixtures/skipped/skipped.test.ts";
    const config = path.join(project, "test/fixtures/skipped/vitest.config.ts");
    const env = { ...process.env, RAG_TEST_MODEL_DIR: "" };
    const argv = [vitest, "run", "--config", config, "--reporter=json", `--outputFile.json=${report}`];
    spawnSync(process.execPath, argv, { cwd: project, env });
    const { stdout } = spawnSync(process.execPath, [checker, report], { encoding: "utf8", env });
    const lines = stdout.trimEnd().split("\n");
    expect(lines).toContain("2 skipped: needs a model's weights, in the folder that RAG_TEST_MODEL_DIR names");
    expect(lines.filter((line) => line.startsWith("skipped without"))).toEqual([
      `skipped without a reason: ${file} > says nothing`,
    ]);
  });

  it("counts a suite that has to run and did not", async () => {
    const { status, lines } = await check({ ...complete, "test/stores/milvus/lite/store.test.ts": "skipped" });
    expect(status).toBe(1);
    expect(lines).toContain("nothing of test/stores/milvus/lite/store.test.ts ran, and it has to");
  });
});
