// `node test/ci/check-report.mjs REPORT…`: what vitest's JSON reports say, as CI has to see it. Fails where a test
// failed, where one was skipped without a reason that holds here, and where a suite that has to run did not.
import { existsSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const project = fileURLToPath(new URL("../..", import.meta.url));
const sharedData = process.env.RAG_SHARED_DATA ?? join(project, "..", "shared", "data");

/** Tests that may be skipped, by file and full name, while `holds` says that their reason is true. */
const excuses = [
  {
    tests: /shared|72 pieces|real and awkward|xquad|retrieval/i,
    reason: "needs documents that are not part of the project",
    holds: !existsSync(sharedData),
  },
  {
    tests: /all-MiniLM-L6-v2/,
    reason: "needs a model's weights, in the folder that RAG_TEST_MODEL_DIR names",
    holds: !process.env.RAG_TEST_MODEL_DIR,
  },
  {
    tests: /embeddings of the server that RAG_TEST_OPENAI_URL names/,
    reason: "needs a server that speaks OpenAI's API and embeds",
    holds: !process.env.RAG_TEST_OPENAI_URL || !process.env.RAG_TEST_OPENAI_EMBEDDING_MODEL,
  },
  {
    tests: /answers of the server that RAG_TEST_OPENAI_URL names/,
    reason: "needs a server that speaks OpenAI's API and answers",
    holds: !process.env.RAG_TEST_OPENAI_URL || !process.env.RAG_TEST_OPENAI_CHAT_MODEL,
  },
  {
    tests: /the server that RAG_TEST_OPENAI_URL names do not come for another key/,
    reason: "needs such a server that asks for a key, which is in RAG_TEST_OPENAI_KEY",
    holds: !process.env.RAG_TEST_OPENAI_KEY,
  },
  {
    tests: /the server that RAG_TEST_MILVUS_URI names/,
    reason: "needs a Milvus server, which RAG_TEST_MILVUS_URI names",
    holds: !process.env.RAG_TEST_MILVUS_URI,
  },
  {
    tests: /unreadable/,
    reason: "needs a user who may not read everything, or the right to become one",
    holds: typeof process.seteuid !== "function" || process.getuid?.() !== 0,
  },
];

/** Suites that CI exists for: nothing else would notice that they are gone. */
const required = [
  "test/stores/embedded/store.test.ts",
  "test/stores/milvus/lite/store.test.ts",
  "test/stores/milvus/server/core-2.5.test.ts",
  "test/stores/milvus/server/milvus-2.3.test.ts",
  "test/docs/generated.test.ts",
  "test/demo/demo.test.ts",
  "test/smoke/packed.test.ts",
];

const reports = process.argv.slice(2).map((file) => JSON.parse(readFileSync(file, "utf8")));
const files = reports
  .flatMap((report) => report.testResults)
  .map((result) => ({ ...result, name: relative(project, result.name).replaceAll("\\", "/") }));
const tests = files.flatMap(({ name, assertionResults }) =>
  assertionResults.map((test) => ({ file: name, name: `${name} > ${test.fullName}`, status: test.status })),
);

const passed = tests.filter((test) => test.status === "passed");
const failed = tests.filter((test) => test.status === "failed");
const skipped = tests
  .filter((test) => test.status !== "passed" && test.status !== "failed")
  .map((test) => ({ ...test, excuse: excuses.find((excuse) => excuse.holds && excuse.tests.test(test.name)) }));
const problems = [
  // Errors outside of every file make a run unsuccessful, too.
  ...(failed.length === 0 && reports.some((report) => !report.success) ? ["failed: see the errors above"] : []),
  ...failed.map((test) => `failed: ${test.name}`),
  // A file can fail outside of every test: in its imports or its set-up.
  ...files
    .filter((file) => file.status === "failed" && !failed.some((test) => test.file === file.name))
    .map((file) => `failed: ${file.name}`),
  ...skipped.filter((test) => test.excuse === undefined).map((test) => `skipped without a reason: ${test.name}`),
  ...required
    .filter((file) => !passed.some((test) => test.file === file))
    .map((file) => `nothing of ${file} ran, and it has to`),
];

for (const excuse of excuses) {
  const count = skipped.filter((test) => test.excuse === excuse).length;
  if (count > 0) process.stdout.write(`${count} skipped: ${excuse.reason}\n`);
}
for (const problem of problems) process.stdout.write(`${problem}\n`);
process.stdout.write(`${passed.length} passed, ${problems.length} failed\n`);
if (problems.length > 0) process.exitCode = 1;
