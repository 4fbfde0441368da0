import { once } from "node:events";
import { access } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { IngestReport } from "../../src/cli/render/ingest/summary.ts";
import type { Hit } from "../../src/types.ts";
import { type Sandbox, createSandbox } from "./run-rag.ts";

let sandbox: Sandbox;

beforeEach(async () => {
  sandbox = await createSandbox();
  await sandbox.write({
    "convert.cjs": `
      const text = require("node:fs").readFileSync(process.argv[2], "utf8");
      if (text.startsWith("bad")) { console.error("not my format"); process.exit(1); }
      if (text.startsWith("slow")) { require("node:fs").writeFileSync("started", ""); setInterval(() => {}, 1000); }
      else console.log("# Converted\\n\\n" + text);
    `,
    "settings.json": JSON.stringify({ loaders: { "*.xyz": `"${process.execPath}" convert.cjs {file}` } }),
  });
});
afterEach(() => sandbox.remove());

it("read files of their patterns; a file that one fails on is a failure", async () => {
  await sandbox.write({ "docs/a.xyz": "Gryphons nest in towers.", "docs/b.xyz": "bad", "docs/c.md": "# C\n" });
  const run = await sandbox.rag(["ingest", "docs", "--config", "settings.json", "--json"]);
  expect(run.exitCode).toBe(3);
  const report = JSON.parse(run.stdout) as IngestReport;
  expect(report.documents).toMatchObject({ added: 2, failed: 1 });
  expect(report.failures).toMatchObject([{ source: "docs/b.xyz", code: "program-failed" }]);
  expect(report.failures[0]?.message).toContain("ended with 1: not my format");
  const { hits } = await sandbox.json<{ hits: Hit[] }>(
    "search",
    "gryphons",
    "--filter",
    "format=xyz",
    "--config",
    "settings.json",
  );
  expect(hits[0]).toMatchObject({ source: "docs/a.xyz", heading: ["Converted"], startLine: null, page: null });
});

it("need the user's word where a project's file names them", async () => {
  await sandbox.write({
    "docs/a.xyz": "text",
    ".ragrc": JSON.stringify({ loaders: { "*.xyz": "touch owned {file}" } }),
  });
  const run = await sandbox.rag(["ingest", "docs"]);
  expect(run.exitCode).toBe(2);
  expect(run.stderr).toContain('runs "touch owned {file}" (loaders.*)');
  await expect(access(path.join(sandbox.folder, "owned"))).rejects.toThrow("ENOENT");
});

it("end with Ctrl-C", { timeout: 60_000 }, async () => {
  await sandbox.write({ "docs/a.xyz": "slow" });
  const child = sandbox.start(["ingest", "docs", "--config", "settings.json"]);
  const isStarted = () =>
    access(path.join(sandbox.folder, "started")).then(
      () => true,
      () => false,
    );
  while (!(await isStarted())) await sleep(20);
  child.kill("SIGINT");
  const [exitCode] = (await once(child, "close")) as [number];
  expect(exitCode).toBe(130);
});
