import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { PassThrough } from "node:stream";
import { afterAll, describe, expect, test } from "vitest";
import { createOutput } from "../../src/cli/render/output.ts";
import { buildProgram } from "../../src/cli/program.ts";
import { needing } from "../fixtures/needs.ts";
import { sharedData } from "../fixtures/shared-data.ts";

/** One question of so many is asked, over all passages: `RAG_TEST_XQUAD_EVERY=1` asks them all. */
const every = Number(process.env["RAG_TEST_XQUAD_EVERY"] ?? 4);
const allQuestions = 1190;

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

const linesOf = async (file: string): Promise<string[]> => (await readFile(file, "utf8")).trim().split("\n");

/** The question set in `data` with all of its passages and every so many of its questions, in the folder `sample`. */
async function takeSample(data: string, sample: string): Promise<void> {
  const questions = (await linesOf(path.join(data, "queries.jsonl"))).filter((_, index) => index % every === 0);
  const ids = new Set(questions.map((line) => (JSON.parse(line) as { _id: string })._id));
  const [header = "", ...judgements] = await linesOf(path.join(data, "qrels.tsv"));
  const ofThese = judgements.filter((line) => ids.has(line.split("\t")[0] ?? ""));
  await copyFile(path.join(data, "corpus.jsonl"), path.join(sample, "corpus.jsonl"));
  await writeFile(path.join(sample, "queries.jsonl"), questions.join("\n"));
  await writeFile(path.join(sample, "qrels.tsv"), [header, ...ofThese].join("\n"));
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
      const folder = await mkdtemp(path.join(tmpdir(), "rag-eval-"));
      folders.push(folder);
      const data = path.join(folder, language);
      await mkdir(data);
      await takeSample(path.join(sharedData ?? "", "retrieval/xquad", language), data);
      const asked = Math.ceil(allQuestions / every);
      const printed = JSON.parse(await rag(folder, ["eval", data, "--verbose"])) as Printed;
      expect(printed.questions).toBe(asked);
      expect(printed.modes.text["ndcg@10"]).toBeGreaterThanOrEqual(target);

      // The same figures from the documents that were found, worked out here.
      const relevant = new Map<string, string>();
      for (const line of (await linesOf(path.join(data, "qrels.tsv"))).slice(1)) {
        const [query = "", document = ""] = line.split("\t");
        relevant.set(query, document);
      }
      const ranks = printed.results.text.map(({ id, found }) => found.indexOf(relevant.get(id) ?? "") + 1);
      const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
      expect(ranks).toHaveLength(asked);
      expect(printed.modes.text["ndcg@10"]).toBeCloseTo(mean(ranks.map(gain)), 6);
      expect(printed.modes.text["recall@5"]).toBeCloseTo(mean(ranks.map((rank) => Number(rank > 0 && rank <= 5))), 6);
    });
  },
);
