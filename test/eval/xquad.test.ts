import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { PassThrough } from "node:stream";
import { afterAll, describe, expect, test } from "vitest";
import { createOutput } from "../../src/cli/render/output.ts";
import { buildProgram } from "../../src/cli/program.ts";
import { needing } from "../fixtures/needs.ts";
import { sharedData } from "../fixtures/shared-data.ts";

/** Through the parser and the command, as `rag … --json` in a process of its own would run it. */
async function rag(folder: string, argv: readonly string[]): Promise<string> {
  const stdout = new PassThrough();
  const chunks: Buffer[] = [];
  stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
  const output = createOutput(
    { stdout, stderr: new PassThrough() },
    { json: true, quiet: true, verbose: argv.includes("--verbose"), color: false },
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

/** nDCG@10 with one relevant document a question: 1 / log2(1 + rank). */
function gain(rank: number): number {
  return rank === 0 ? 0 : 1 / Math.log2(1 + rank);
}

interface Printed {
  questions: number;
  modes: { text: Record<string, number> };
  results: { text: { id: string; found: string[] }[] };
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
      const printed = JSON.parse(await rag(folder, ["eval", data, "--verbose"])) as Printed;
      expect(printed.questions).toBe(1190);
      expect(printed.modes.text["ndcg@10"]).toBeGreaterThanOrEqual(target);

      // The same figures from the documents that were found, worked out here.
      const relevant = new Map<string, string>();
      for (const line of (await readFile(path.join(data, "qrels.tsv"), "utf8")).trim().split("\n").slice(1)) {
        const [query = "", document = ""] = line.split("\t");
        relevant.set(query, document);
      }
      const ranks = printed.results.text.map(({ id, found }) => found.indexOf(relevant.get(id) ?? "") + 1);
      const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
      expect(ranks).toHaveLength(1190);
      expect(printed.modes.text["ndcg@10"]).toBeCloseTo(mean(ranks.map(gain)), 6);
      expect(printed.modes.text["recall@5"]).toBeCloseTo(mean(ranks.map((rank) => Number(rank > 0 && rank <= 5))), 6);
    });
  },
);
