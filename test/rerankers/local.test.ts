import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createLocalReranker } from "../../src/rerankers/local.ts";
import { crossEncoder, tinyMaxTokens, tokenVector, vocabulary, writeTinyModel } from "../fixtures/tiny-onnx-model.ts";

// The package is an optional peer that comes with LanceDB; `--omit=optional` leaves it out.
const transformers: unknown = await import("@huggingface/transformers" as string).catch(() => null);
const present = transformers !== null;
if (!present && process.env["CI"]) throw new Error("@huggingface/transformers must be installed where CI is set");
if (!present) process.stderr.write("Skipped: @huggingface/transformers is not installed.\n");

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "rag-reranker-"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const open = (name: string) => createLocalReranker(name, { variables: {}, projectRoot: root });
const sum = (tokens: readonly string[]) =>
  tokens.map((token) => tokenVector(vocabulary.indexOf(token))).reduce((all, one) => all.map((v, at) => v + one[at]!));

/** What the tiny cross-encoder makes of a question and a passage, worked out by hand. */
function expected(question: string, passage: string): number {
  const first = ["[CLS]", ...question.split(" "), "[SEP]"];
  const room = tinyMaxTokens - first.length;
  const words = passage.split(" ");
  const second = [...(words.length < room ? words : words.slice(0, room - 1)), "[SEP]"];
  const [left, right] = [sum(first), sum(second)];
  return 1 / (1 + Math.exp(-left.reduce((total, value, at) => total + value * right[at]!, 0)));
}

describe.runIf(present)("a cross-encoder in a folder", () => {
  it.each([1, 2] as const)("with %i labels scores each passage with the question in view", async (labels) => {
    await writeTinyModel(join(root, `labels-${labels}`), { graph: crossEncoder(labels) });
    const passages = ["engine a carburetor", "kitten", "the cat the cat", "carburetor the engine a the a"];
    const scores = await open(`./labels-${labels}`).rerank("the cat", passages);
    for (const [at, passage] of passages.entries()) {
      const single = expected("the cat", passage);
      // Two labels are the score and its negative, which doubles the logit.
      const logit = Math.log(single / (1 - single)) * labels;
      expect(scores[at]).toBeCloseTo(1 / (1 + Math.exp(-logit)), 5);
    }
    // The order is the one of the questions, too.
    const other = await open(`./labels-${labels}`).rerank("engine", passages);
    expect(other).not.toEqual(scores);
  });

  it("scores a passage the same whatever else is judged, and cuts one that is too long", async () => {
    await writeTinyModel(join(root, "many"), { graph: crossEncoder() });
    const words = vocabulary.slice(4);
    const passages = Array.from({ length: 70 }, (_, at) =>
      Array.from({ length: 1 + (at % 15) }, (_, word) => words[(at + word) % words.length]).join(" "),
    );
    const scores = await open("many").rerank("cat engine", passages);
    expect(scores.map((score) => score.toFixed(4))).toEqual(
      passages.map((passage) => expected("cat engine", passage).toFixed(4)),
    );
  });

  it("is refused where it is no cross-encoder, and where there is none", async () => {
    await writeTinyModel(join(root, "embedder"));
    await expect(open("./embedder").rerank("cat", ["kitten"])).rejects.toMatchObject({
      code: expect.stringMatching(/^model-/),
    });
    await expect(open("./nowhere").rerank("cat", ["kitten"])).rejects.toMatchObject({
      code: "model-not-found",
      hint: expect.stringContaining("search.rerank"),
    });
  });

  it("stops at a signal", async () => {
    await writeTinyModel(join(root, "stopped"), { graph: crossEncoder() });
    await expect(open("./stopped").rerank("cat", ["kitten"], AbortSignal.abort())).rejects.toMatchObject({
      name: "AbortError",
    });
  });
});

it("says what to install where the package is missing", async () => {
  await writeTinyModel(join(root, "absent"), { graph: crossEncoder() });
  const importPackage = () => import("@huggingface/transformers-that-is-not-there" as string) as Promise<never>;
  const reranker = createLocalReranker("./absent", { variables: {}, projectRoot: root }, { importPackage });
  await expect(reranker.rerank("cat", ["kitten"])).rejects.toMatchObject({
    code: expect.stringMatching(/^package-/),
    hint: expect.stringContaining("npm install"),
  });
});
