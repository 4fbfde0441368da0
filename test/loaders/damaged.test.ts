import { availableParallelism } from "node:os";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { threadedCutter } from "../../src/cli/loading/cutter.ts";
import { configSchema } from "../../src/config/schema.ts";
import { UserError } from "../../src/errors.ts";
import { loaders } from "../../src/loaders/index.ts";
import type { CutDocument } from "../../src/pipeline/ingest/cut-document.ts";
import { sampleDocuments } from "../fixtures/sample-documents.ts";

/** Damaged copies that are tried; `RAG_TEST_DAMAGED=10000` tries as many as a release should. */
const copies = Number(process.env["RAG_TEST_DAMAGED"] ?? 480);
const firstSeed = Number(process.env["RAG_TEST_SEED"] ?? 1);

/** A file of some kilobytes that takes longer hangs. */
const limitMs = 60_000;

/** Words that may go without a word about it. */
const tolerated = 0.1;

/** Formats whose samples show their text as it is: only words that the damage has left whole can be asked for. */
const transparent = new Set(
  ".md .mdx .txt .html .ipynb .eml .mbox .csv .json .jsonl .rst .adoc .org .tex .srt .py".split(" "),
);

/** PDF.js leaves out what a damaged command would have drawn, and does not say so. */
const skipsInSilence = new Set([".pdf"]);

const { chunking } = configSchema.parse({});
const cutter = threadedCutter({
  entry: fileURLToPath(new URL("../../dist/start.cjs", import.meta.url)),
  settings: { strategy: chunking.strategy, chunking, loading: {} },
  threads: availableParallelism(),
  limits: { milliseconds: () => limitMs, megabytes: 512 },
  bytesForThread: 0,
  isQuick: () => false,
  startsThreads: () => false,
  cutHere: () => Promise.reject(new Error("every copy goes to a thread")),
});
afterAll(() => cutter.close());

const cut = (source: string, bytes: Uint8Array) => cutter.cut({ source, name: source, bytes, withTerms: true });

/** Mulberry32: the same numbers from 0 to 1 for the same seed. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** What happens to files: bits that turn, ends that are missing, and blocks that are lost, zeroed, doubled or foreign. */
function damaged(intact: Uint8Array, random: () => number): { kind: string; bytes: Buffer } {
  const below = (limit: number) => Math.floor(random() * limit);
  const bytes = Buffer.from(intact);
  const start = below(bytes.length);
  const end = Math.min(bytes.length, start + 1 + below(bytes.length / 3));
  const stretch = bytes.subarray(start, end);
  const around = (...middle: Buffer[]) => Buffer.concat([bytes.subarray(0, start), ...middle, bytes.subarray(end)]);
  const noise = (length: number) => Buffer.from(Array.from({ length }, () => below(256)));
  const kinds: Record<string, () => Buffer> = {
    flipped: () => {
      for (let count = 1 + below(20); count > 0; count--) bytes[below(bytes.length)]! ^= 1 << below(8);
      return bytes;
    },
    cut: () => bytes.subarray(0, start),
    lost: () => around(),
    zeroed: () => around(Buffer.alloc(stretch.length)),
    doubled: () => around(stretch, stretch),
    foreign: () => around(noise(stretch.length)),
    inserted: () => around(noise(1 + below(60)), stretch),
  };
  const names = Object.keys(kinds);
  const kind = names[below(names.length)]!;
  return { kind, bytes: kinds[kind]!() };
}

/** The text that can be made out in the bytes, also where it is in base64. */
function textIn(bytes: Buffer): string {
  const text = bytes.toString("latin1");
  const encoded = text.match(/(?:[A-Za-z0-9+/]{4}[\r\n]*){10,}/g) ?? [];
  return [text, ...encoded.map((run) => Buffer.from(run, "base64").toString("latin1"))].join("\n");
}

function wordsOf(text: string): Set<string> {
  return new Set(text.match(/\p{L}{3,}/gu) ?? []);
}

function textOf({ title, metadata, passages }: CutDocument): string {
  return [title, JSON.stringify(metadata), ...passages.map(({ context, text }) => `${context}${text}`)].join("\n");
}

/** What is wrong with how a copy was read; `null` where nothing is. */
async function faultOf(source: string, intactText: string, bytes: Buffer): Promise<string | null> {
  let document: CutDocument;
  try {
    document = await cut(source, bytes);
  } catch (error) {
    if (error instanceof UserError && !error.code.startsWith("loader-")) return null;
    return String(error instanceof Error ? error.stack : error);
  }
  if (document.warnings.length > 0) return null;
  for (const { text } of document.passages) {
    const unreadable = text.match(/[\0-\x08\x0e-\x1f\x7f-\x9f\uFFFD]/g)?.length ?? 0;
    // A stray sign is in many files.
    if (unreadable > 1 && unreadable > text.length / 100)
      return `a passage with ${unreadable} unreadable characters of ${text.length}`;
  }
  if (skipsInSilence.has(extname(source))) return null;
  const found = wordsOf(textOf(document));
  const left = transparent.has(extname(source)) ? wordsOf(textIn(bytes)) : wordsOf(intactText);
  const lost = [...wordsOf(intactText)].filter((word) => left.has(word) && !found.has(word));
  const all = wordsOf(intactText).size;
  return lost.length > all * tolerated ? `${lost.length} of ${all} words are lost: ${lost.join(" ")}` : null;
}

test("there is a sample of every format", () => {
  const extensions = new Set(Object.keys(sampleDocuments).map((source) => extname(source)));
  const without = Object.entries(loaders).filter(
    ([, format]) => !("isRefused" in format) && !format.extensions.some((extension) => extensions.has(extension)),
  );
  expect(without).toEqual([]);
});

test(
  `${copies} damaged copies: none crashes or hangs, and none loses text or gives noise without a word`,
  { timeout: 600_000 + 100 * copies },
  async () => {
    const samples = Object.entries(sampleDocuments);
    const texts = new Map<string, string>();
    for (const [source, bytes] of samples) {
      const document = await cut(source, bytes);
      expect({ source, warnings: document.warnings }).toEqual({ source, warnings: [] });
      texts.set(source, textOf(document));
      expect(wordsOf(texts.get(source)!).size).toBeGreaterThan(40);
    }
    const faults: string[] = [];
    const one = async (seed: number): Promise<void> => {
      const [source, intact] = samples[seed % samples.length]!;
      const { kind, bytes } = damaged(intact, randomFrom(seed));
      const fault = await faultOf(source, texts.get(source)!, bytes);
      if (fault !== null) faults.push(`seed ${seed} (${source}, ${kind}): ${fault}`);
    };
    const seeds = Array.from({ length: copies }, (_, index) => firstSeed + index);
    for (let start = 0; start < copies; start += 64) await Promise.all(seeds.slice(start, start + 64).map(one));
    expect(faults).toEqual([]);
  },
);
