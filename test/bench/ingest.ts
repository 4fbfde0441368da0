import { cp, readdir, rm, stat } from "node:fs/promises";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { writeMarkdown } from "./corpus.ts";
import { type Figure, atMost } from "./figure.ts";
import { median } from "./measure.ts";
import { type Workspace, projectRoot } from "./workspace.ts";

const runs = 5;

/** A documentation of 220 pages: the first ingest, and again with nothing changed. Whole processes. */
export async function benchIngest(workspace: Workspace): Promise<Figure[]> {
  const folder = await workspace.newFolder("ingest");
  const { name, documents, bytes } = await preparePages(join(folder, "docs"));
  const first = [];
  const again = [];
  for (let run = 1; run <= runs; run++) {
    workspace.progress(`ingest: ${name}, run ${run} of ${runs}`);
    await rm(join(folder, ".rag"), { recursive: true, force: true });
    first.push(await workspace.ragWithPeak(["ingest", "docs", "--json"], folder));
    again.push(await workspace.ragWithPeak(["ingest", "docs", "--json"], folder));
  }
  check(first.at(-1)?.stdout, "added", documents);
  check(again.at(-1)?.stdout, "unchanged", documents);
  const firstSeconds = median(first.map((run) => run.milliseconds)) / 1000;
  const againSeconds = median(again.map((run) => run.milliseconds)) / 1000;
  const peak = Math.max(...first.map((run) => run.peakBytes)) / 1e6;
  return [
    { name: `first ingest, ${name}`, value: firstSeconds, unit: "s", target: atMost(3) },
    { name: "first ingest", value: documents / firstSeconds, unit: "documents/s", target: null },
    { name: "first ingest", value: bytes / 1e6 / firstSeconds, unit: "MB/s", target: null },
    { name: "first ingest: peak memory", value: peak, unit: "MB", target: atMost(350) },
    { name: "again, nothing changed", value: againSeconds, unit: "s", target: atMost(0.5) },
  ];
}

/** The documentation of Milvus where it lies beside the project, else as much generated text. */
async function preparePages(folder: string): Promise<{ name: string; documents: number; bytes: number }> {
  const shared = process.env["RAG_SHARED_DATA"] ?? join(projectRoot, "..", "shared", "data");
  const pages = join(shared, "milvus-docs", "en");
  if (existsSync(pages)) {
    await cp(pages, folder, { recursive: true });
    return { name: "pages of the Milvus documentation", ...(await sizeOf(folder)) };
  }
  const written = await writeMarkdown(folder, { documents: 220, sections: 8, words: 150 });
  return { name: "220 generated pages", ...written };
}

/** Markdown files and their bytes. */
async function sizeOf(folder: string): Promise<{ documents: number; bytes: number }> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  const files = entries.filter((entry) => entry.isFile() && entry.name.endsWith(".md"));
  const sizes = await Promise.all(files.map(async (file) => (await stat(join(file.parentPath, file.name))).size));
  return { documents: files.length, bytes: sizes.reduce((sum, size) => sum + size, 0) };
}

function check(stdout: string | undefined, outcome: "added" | "unchanged", expected: number): void {
  const { documents } = JSON.parse(stdout ?? "") as { documents: Record<string, number> };
  if (documents[outcome] !== expected) {
    throw new Error(`${documents[outcome]} documents were ${outcome} where ${expected} were meant`);
  }
}
