// `node test/ci/check-report.mjs REPORT…`: what vitest's JSON reports say, as CI has to see it. Fails where a test
// failed, where one was skipped without a reason that holds here, and where a suite that has to run did not.
import { readFileSync } from "node:fs";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { needs } from "./needs.mjs";

const project = fileURLToPath(new URL("../..", import.meta.url));

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
  assertionResults.map((test) => ({
    file: name,
    name: `${name} > ${test.fullName}`,
    status: test.status,
    needs: test.meta?.needs,
  })),
);

const passed = tests.filter((test) => test.status === "passed");
const failed = tests.filter((test) => test.status === "failed");
const skipped = tests
  .filter((test) => test.status !== "passed" && test.status !== "failed")
  .map((test) => ({ ...test, missing: test.needs?.find((need) => needs[need]?.isMet === false) }));
const problems = [
  // Errors outside of every file make a run unsuccessful, too.
  ...(failed.length === 0 && reports.some((report) => !report.success) ? ["failed: see the errors above"] : []),
  ...failed.map((test) => `failed: ${test.name}`),
  // A file can fail outside of every test: in its imports or its set-up.
  ...files
    .filter((file) => file.status === "failed" && !failed.some((test) => test.file === file.name))
    .map((file) => `failed: ${file.name}`),
  ...skipped.filter((test) => test.missing === undefined).map((test) => `skipped without a reason: ${test.name}`),
  ...required
    .filter((file) => !passed.some((test) => test.file === file))
    .map((file) => `nothing of ${file} ran, and it has to`),
];

for (const [need, { reason }] of Object.entries(needs)) {
  const count = skipped.filter((test) => test.missing === need).length;
  if (count > 0) process.stdout.write(`${count} skipped: ${reason}\n`);
}
for (const problem of problems) process.stdout.write(`${problem}\n`);
process.stdout.write(`${passed.length} passed, ${problems.length} failed\n`);
if (problems.length > 0) process.exitCode = 1;
