import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { PassThrough } from "node:stream";
import { afterAll, describe, expect, test } from "vitest";
import { createOutput } from "../../src/cli/render/output.ts";
import { buildProgram } from "../../src/cli/program.ts";
import { needing } from "../fixtures/needs.ts";
import { sharedData } from "../fixtures/shared-data.ts";

/** Every question in turn through the parser and the command, as `rag … --json` in a process of its own would run it. */
async function rag(folder: string, argv: readonly string[]): Promise<string> {
  const stdout = new PassThrough();
  const chunks: Buffer[] = [];
  stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
  const output = createOutput(
    { stdout, stderr: new PassThrough() },
    { json: true, quiet: true, verbose: false, color: false },
    {},
  );
  const program = buildProgram("0.0.0", async (flags, load) => {
    const command = await load();
    await command(flags, {
      variables: {},
      workingDirectory: folder,
      homeDirectory: folder,
      stdin: Object.assign(new PassThrough(), { isTTY: false }),
      output,
      signal: new AbortController().signal,
    });
  });
  await program.parseAsync([...argv, "--json"], { from: "user" });
  return Buffer.concat(chunks).toString("utf8");
}

async function jsonLines<Row>(file: string): Promise<Row[]> {
  const text = await readFile(file, "utf8");
  return text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Row);
}

/** nDCG@10 with one relevant document a question: 1 / log2(1 + rank). */
function gain(rank: number): number {
  return rank === 0 ? 0 : 1 / Math.log2(1 + rank);
}

describe(
  "BM25 on XQuAD, with nothing configured (skipped where the question sets are absent)",
  needing("shared-data"),
  () => {
    const folders: string[] = [];
    afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))));

    test.each([
      ["en", 0.96],
      ["zh", 0.95],
      ["th", 0.96],
    ])("%s: nDCG@10 is at least %d", { timeout: 300_000 }, async (language, target) => {
      const data = path.join(sharedData ?? "", "retrieval/xquad", language);
      const folder = await mkdtemp(path.join(tmpdir(), "rag-eval-"));
      folders.push(folder);
      await mkdir(path.join(folder, "passages"));
      for (const { _id, text } of await jsonLines<{ _id: string; text: string }>(path.join(data, "corpus.jsonl"))) {
        await writeFile(path.join(folder, "passages", `${_id}.txt`), text);
      }
      // One chunk a passage: what is measured is the search.
      await rag(folder, ["ingest", "passages", "--strategy", "recursive", "--max-chars", "16000"]);

      const relevant = new Map<string, string>();
      for (const line of (await readFile(path.join(data, "qrels.tsv"), "utf8")).trim().split("\n").slice(1)) {
        const [query = "", document = ""] = line.split("\t");
        relevant.set(query, `passages/${document}.txt`);
      }
      let sum = 0;
      const queries = await jsonLines<{ _id: string; text: string }>(path.join(data, "queries.jsonl"));
      for (const { _id, text } of queries) {
        const { hits } = JSON.parse(await rag(folder, ["search", text, "-k", "10"])) as { hits: { source: string }[] };
        sum += gain(hits.findIndex((hit) => hit.source === relevant.get(_id)) + 1);
      }
      const nDcg = sum / queries.length;
      expect(queries.length).toBe(1190);
      expect(nDcg).toBeGreaterThanOrEqual(target);
    });
  },
);
