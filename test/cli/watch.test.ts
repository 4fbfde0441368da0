import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { IngestReport } from "../../src/cli/render/ingest/summary.ts";
import { type Sandbox, createSandbox } from "./run-rag.ts";

let sandbox: Sandbox;
let child: ChildProcess | undefined;
let stdout = "";
let stderr = "";

beforeEach(async () => {
  sandbox = await createSandbox();
  stdout = "";
  stderr = "";
});
afterEach(async () => {
  if (child !== undefined && child.exitCode === null && child.signalCode === null) {
    child.kill("SIGKILL");
    await once(child, "close");
  }
  child = undefined;
  await sandbox.remove();
});

async function startWatching(...flags: string[]): Promise<ChildProcess> {
  child = sandbox.start(["ingest", "docs", "--watch", ...flags]);
  child.stdout?.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr?.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  await until(() => (flags.includes("--json") ? stdout.includes("\n") : stderr.includes("watching docs")));
  return child;
}

/** Until it is so; the test's own time limit ends the waiting. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) {
    if (child?.exitCode !== null) throw new Error(`the watching ended: ${stdout}${stderr}`);
    await sleep(20);
  }
}

const lines = () => stdout.split("\n").filter((line) => /^\d\d:\d\d:\d\d {2}/.test(line));
const sources = async () =>
  (await sandbox.json<{ sources: { source: string }[] }>("collections", "sources", "docs")).sources
    .map(({ source }) => source)
    .sort();
const inDocs = (name: string) => path.join(sandbox.folder, "docs", name);

describe("rag ingest --watch", { timeout: 120_000 }, () => {
  it("ingests each change, with one line, and leaves the collection free between two", async () => {
    await sandbox.write({ "docs/a.md": "# A\n\nAlpha.\n", "docs/b.md": "# B\n\nBeta.\n", "docs/.gitignore": "out/\n" });
    const watching = await startWatching();
    expect(stdout).toMatch(/^2 documents: 2 added\n/);

    await sandbox.write({ "docs/a.md": "# A\n\nGamma rays.\n" });
    await until(() => lines().length === 1);
    expect(lines()[0]).toMatch(/ {2}1 changed: docs\/a\.md \(1 chunk, /);
    expect((await sandbox.rag(["search", "gamma"])).exitCode).toBe(0);

    // As editors save: a new file is written, and renamed over the old one.
    await writeFile(inDocs("b.md~"), "# B\n\nDelta.\n");
    await rename(inDocs("b.md~"), inDocs("b.md"));
    await until(() => lines().length === 2);
    expect(lines()[1]).toMatch(/ {2}1 changed: /);
    expect((await sandbox.rag(["search", "delta"])).exitCode).toBe(0);

    // Another writer comes in between.
    await sandbox.write({ "notes.md": "# Notes\n\nEpsilon.\n" });
    expect((await sandbox.rag(["ingest", "notes.md"])).exitCode).toBe(0);

    await rm(inDocs("b.md"));
    await until(() => lines().length === 3);
    expect(lines()[2]).toMatch(/ {2}1 removed: docs\/b\.md /);

    // What is left out makes no line, and neither does what an ignore file takes out of sight.
    await mkdir(inDocs("out"));
    await sandbox.write({ "docs/out/x.md": "# X\n", "docs/picture.key": "x", "docs/c.md": "# C\n\nZeta.\n" });
    await until(() => lines().length === 4);
    expect(lines()[3]).toMatch(/ {2}1 added: /);
    expect(await sources()).toEqual(["docs/a.md", "docs/c.md", "notes.md"]);

    watching.kill("SIGINT");
    const [exitCode] = (await once(watching, "close")) as [number];
    expect(exitCode).toBe(130);
    expect(lines()).toHaveLength(4);
    expect((await sandbox.rag(["ingest", "docs", "--check"])).exitCode).toBe(0);
  });

  it("follows a switch of branches: a thousand files at once come and go", async () => {
    const write = async (branch: string) => {
      for (let index = 0; index < 1000; index++) {
        await writeFile(inDocs(`${branch}-${index}.md`), `# ${branch} ${index}\n\nText ${index}.\n`);
      }
    };
    await sandbox.write({ "docs/keep.md": "# Keep\n" });
    await write("one");
    const watching = await startWatching("--prune");
    await write("two");
    for (let index = 0; index < 1000; index++) await rm(inDocs(`one-${index}.md`));
    await until(
      () =>
        (
          lines()
            .join("\n")
            .match(/[\d,]+ removed/g) ?? []
        ).length > 0,
    );
    const total = () => {
      const counted = [
        ...lines()
          .join("\n")
          .matchAll(/([\d,]+) (added|removed)/g),
      ];
      const sum = (outcome: string) =>
        counted
          .filter((match) => match[2] === outcome)
          .reduce((all, match) => all + Number(match[1]?.replace(",", "")), 0);
      return [sum("added"), sum("removed")];
    };
    await until(() => total().every((count) => count >= 1000));
    expect(total()).toEqual([1000, 1000]);
    expect(lines().length).toBeLessThan(20);
    watching.kill("SIGINT");
    await once(watching, "close");
    expect(await sources()).toHaveLength(1001);
  });

  it("goes on after a file that fails, and after a removal that it refuses", async () => {
    await sandbox.write(
      Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`docs/${i}.md`, `# ${i}\n\nText.\n`])),
    );
    await startWatching();
    await sandbox.write({ "docs/broken.pdf": "%PDF-1.4 nothing" });
    await until(() => lines().some((line) => line.includes("1 failed")));
    expect(stderr).toContain("failed: docs/broken.pdf: ");
    for (let i = 0; i < 12; i++) await rm(inDocs(`${i}.md`));
    await until(() => stderr.includes("documents ingested from here before are gone"));
    expect(await sources()).toHaveLength(12);
    await sandbox.write({ "docs/new.md": "# New\n\nWords.\n" });
    await until(() => lines().some((line) => line.includes("1 added")));
  });

  it("prints a document of JSON a change, and refuses what makes no sense", async () => {
    await sandbox.write({ "docs/a.md": "# A\n" });
    await startWatching("--json");
    await sandbox.write({ "docs/a.md": "# B\n" });
    await until(() => stdout.trim().split("\n").length === 2);
    const reports = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as IngestReport);
    expect(reports.map(({ documents }) => [documents.added, documents.changed])).toEqual([
      [1, 0],
      [0, 1],
    ]);
    for (const flag of ["--dry-run", "--check", "--recreate"]) {
      expect((await sandbox.rag(["ingest", "docs", "--watch", flag])).exitCode).toBe(2);
    }
    const pages = await sandbox.rag(["ingest", "http://127.0.0.1:9/", "--watch"]);
    expect(pages).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("no file and no folder") as string });
  });
});
