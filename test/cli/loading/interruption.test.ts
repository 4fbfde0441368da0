import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { extname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { sampleDocuments } from "../../fixtures/sample-documents.ts";
import { slowFile } from "../../fixtures/slow-file.ts";
import { type Sandbox, createSandbox } from "../run-rag.ts";

/** Far above the second that a machine at rest takes at most, and far below what any of the ingests takes. */
const mostMs = 20_000;

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await createSandbox();
});
afterEach(() => sandbox.remove());

interface End {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
  ms: number;
}

/** Starts an ingest of `docs`, presses Ctrl-C so many milliseconds after files begin to be read, and waits for the end. */
async function interruptIngest(afterMs: number): Promise<End> {
  const child = sandbox.start(["ingest", "docs", "--verbose"]);
  let [stdout, stderr] = ["", ""];
  child.stdout?.on("data", (data) => (stdout += data));
  child.stderr?.on("data", (data) => (stderr += data));
  while (!stderr.includes("discover")) await once(child.stderr!, "data");
  await sleep(afterMs);
  const began = performance.now();
  const ended = once(child, "close");
  child.kill("SIGINT");
  const [code, signal] = (await ended) as [number | null, NodeJS.Signals | null];
  return { code, signal, stdout, stderr, ms: performance.now() - began };
}

/** Ended by its own code, or by the signal where something in it did not let go in time; never by doing all of the work. */
function expectInterrupted({ code, signal, stdout, stderr, ms }: End): void {
  expect({ code, signal, stderr }).toSatisfy((end: End) => end.code === 130 || end.signal === "SIGINT");
  expect(stderr).toContain("interrupted");
  expect(stdout).toBe("");
  expect(ms).toBeLessThan(mostMs);
}

const texts = new Set(".md .mdx .txt .adoc .org .tex .rst .srt .csv .mbox".split(" "));

/** Many files of some formats, as large as a quick loader makes of the samples. */
async function writeMany(extensions: readonly string[], copies: number): Promise<void> {
  await mkdir(join(sandbox.folder, "docs"));
  for (const [name, bytes] of Object.entries(sampleDocuments)) {
    const extension = extname(name);
    if (!extensions.includes(extension)) continue;
    const content = texts.has(extension) ? Buffer.concat(Array.from({ length: 150 }, () => bytes)) : bytes;
    for (let copy = 0; copy < copies; copy++) {
      await writeFile(join(sandbox.folder, "docs", `${copy}${extension}`), content);
    }
  }
  // Whatever the others take, the ingest does not come to its end by itself.
  await writeFile(join(sandbox.folder, "docs", slowFile.source), slowFile.text);
}

const groups = [
  [".pdf"],
  [".docx", ".pptx", ".xlsx", ".odt", ".odp", ".ods", ".epub"],
  [".html", ".ipynb", ".eml", ".mbox"],
  [".md", ".mdx", ".txt", ".rst", ".adoc", ".org", ".tex", ".srt"],
  [".csv", ".json", ".jsonl", ".py"],
];

describe.skipIf(process.platform === "win32")("Ctrl-C ends an ingest at once", () => {
  it("in every format: all are among the groups", () => {
    const known = Object.keys(sampleDocuments).map((name) => extname(name));
    expect(known.filter((extension) => !groups.flat().includes(extension))).toEqual([]);
  });

  it.each(groups.flatMap((group) => [0, 700].map((afterMs) => [group, afterMs] as const)))(
    "while files of %j are read, %i ms after it began",
    async (group, afterMs) => {
      await writeMany(group, 8);
      expectInterrupted(await interruptIngest(afterMs));
    },
  );

  it("while files of all formats are read", async () => {
    await writeMany(groups.flat(), 4);
    expectInterrupted(await interruptIngest(1500));
  });

  it("and the next ingest goes on", async () => {
    await sandbox.write({ "docs/a.md": "# Lace", [`docs/${slowFile.source}`]: slowFile.text });
    expectInterrupted(await interruptIngest(500));
    const { exitCode, stdout } = await sandbox.rag(["ingest", "docs", "--exclude", "*.mbox"]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: expect.stringContaining("1 document") });
  });
});
