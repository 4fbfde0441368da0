import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, test } from "vitest";
import { chunkerFor } from "../../../src/chunkers/index.ts";
import { type ThreadedCutter, threadedCutter } from "../../../src/cli/loading/cutter.ts";
import type { FileLimits } from "../../../src/cli/loading/thread/thread.ts";
import { configSchema } from "../../../src/config/schema.ts";
import type { UserError } from "../../../src/errors.ts";
import { isQuick, loaderFor } from "../../../src/loaders/loader-for-file.ts";
import { type CutRequest, cutDocument } from "../../../src/pipeline/ingest/cut-document.ts";
import { makeDocx } from "../../fixtures/archives.ts";
import { slowFile } from "../../fixtures/slow-file.ts";

const { chunking } = configSchema.parse({});
const builtThread = fileURLToPath(new URL("../../../dist/start.cjs", import.meta.url));

const opened: ThreadedCutter[] = [];
afterEach(() => Promise.all(opened.splice(0).map((cutter) => cutter.close())));

const cutHere = async (request: CutRequest) =>
  cutDocument(request, { loaderFor, chunker: await chunkerFor(chunking.strategy), chunking });

interface Options {
  limits?: Partial<FileLimits>;
  threads?: number;
  entry?: string;
  here?: typeof cutHere;
  quick?: typeof isQuick;
  startsThreads?: (request: CutRequest) => boolean;
}

function open({
  limits = {},
  threads = 2,
  entry = builtThread,
  here = cutHere,
  quick = isQuick,
  startsThreads = () => false,
}: Options = {}): ThreadedCutter {
  const cutter = threadedCutter({
    entry,
    settings: { strategy: chunking.strategy, chunking, loading: {} },
    threads,
    limits: { milliseconds: () => 60_000, megabytes: 1024, ...limits },
    bytesForThread: 50_000,
    isQuick: ({ source, bytes }) => quick(source, bytes),
    startsThreads,
    cutHere: here,
  });
  opened.push(cutter);
  return cutter;
}

const file = (source: string, content: string | Uint8Array): CutRequest => ({
  source,
  name: source,
  bytes: typeof content === "string" ? Buffer.from(content) : content,
  withTerms: true,
});
const nobody = () => Promise.reject(new Error("not in this thread"));
const words = "Lace is made by hand on a pillow, with bobbins, or with a needle. ";

describe("threads", () => {
  test("give what this thread gives", async () => {
    const files = [
      file("a.md", `---\nauthor: Ada\n---\n# Lace\n\n${words.repeat(40)}\n\n## Needles\n\n${words}`),
      file("b.docx", makeDocx(`<w:p><w:r><w:t>${words}</w:t></w:r></w:p>`)),
      file("c.csv", "name,age\nAda,36\n"),
      file("d.txt", "Die Spitze wird von Hand geklöppelt, und das dauert sehr lange. ".repeat(9)),
      file("e.docx", "no archive"),
    ];
    const cutter = open({ here: nobody, quick: () => false });
    const outcomes = (cut: (request: CutRequest) => Promise<unknown>) =>
      Promise.all(
        files.map((request) => cut(request).catch(({ code, message, hint }: UserError) => ({ code, message, hint }))),
      );
    expect(await outcomes((request) => cutter.cut(request))).toEqual(await outcomes(cutHere));
  });

  test("share the quick files with this one, and any of them may cut any", async () => {
    const files = Array.from({ length: 60 }, (_, index) => file(`${index}.md`, `# ${index}\n\n${words.repeat(200)}`));
    let here = 0;
    const cutter = open({
      here: (request) => {
        here++;
        return cutHere(request);
      },
    });
    const cut = await Promise.all(files.map((request) => cutter.cut(request)));
    expect(cut.map(({ title }) => title)).toEqual(files.map((_, index) => `${index}`));
    expect(here).toBeGreaterThan(0);
  });

  test("are not started for a few quick files", async () => {
    const cutter = open({ entry: "/nowhere.cjs" });
    const files = Array.from({ length: 5 }, (_, index) => file(`${index}.md`, words));
    expect(await Promise.all(files.map((request) => cutter.cut(request)))).toHaveLength(5);
  });

  test("that cannot start fail what waits for them", async () => {
    const cutter = open({ entry: "/nowhere.cjs" });
    await expect(cutter.cut(file("a.csv", "a,b\n1,2"))).rejects.toThrow("/nowhere.cjs");
  });

  test("are started anew for what comes after a rest", async () => {
    const cutter = open();
    for (const source of ["a.csv", "b.csv"]) {
      expect((await cutter.cut(file(source, "a,b\n1,2"))).passages).toHaveLength(1);
      cutter.rest();
    }
  });
});

test("files whose loader starts threads keep to half of the threads, and others do not wait behind them", async () => {
  const folder = await mkdtemp(join(tmpdir(), "rag-threads-"));
  try {
    // In place of loaders: says which thread had the file, and answers late so that all threads are needed.
    const entry = join(folder, "thread.cjs");
    await writeFile(
      entry,
      `const { parentPort, threadId } = require("node:worker_threads");
       parentPort.postMessage({ kind: "ready" });
       parentPort.on("message", (order) => order === null
         ? parentPort.close()
         : setTimeout(() => parentPort.postMessage({ kind: "cut", id: order.id, document: { title: threadId } }), 100));`,
    );
    const cutter = open({ entry, threads: 4, quick: () => false, startsThreads: ({ name }) => name.endsWith(".pdf") });
    const done: string[] = [];
    const threadOf = async (name: string) => {
      const { title } = await cutter.cut(file(name, "-"));
      done.push(name);
      return title;
    };
    const wide = Array.from({ length: 10 }, (_, index) => threadOf(`${index}.pdf`));
    const others = Array.from({ length: 4 }, (_, index) => threadOf(`${index}.docx`));
    expect(new Set(await Promise.all(wide)).size).toBe(2);
    expect(new Set(await Promise.all([...wide, ...others])).size).toBeGreaterThan(2);
    expect(done.indexOf("0.docx")).toBeLessThan(done.indexOf("9.pdf"));
  } finally {
    await rm(folder, { recursive: true });
  }
});

describe("a file costs itself alone", () => {
  const others = ["a.csv", "b.json", "c.csv"].map((source) => file(source, '{"name": "Ada"}'));

  test("that takes too long", async () => {
    const milliseconds = (bytes: number) => (bytes > 1e5 ? 500 : 60_000);
    const cutter = open({ limits: { milliseconds }, threads: 1 });
    const slow = cutter.cut(file(slowFile.source, slowFile.text));
    const rest = others.map((request) => cutter.cut(request));
    await expect(slow).rejects.toMatchObject({ code: "loader-timeout" });
    expect(await Promise.all(rest)).toHaveLength(3);
  });

  test("that takes too much memory", async () => {
    const cutter = open({ limits: { megabytes: 64 }, threads: 1 });
    const large = cutter.cut(file("large.json", `[${'{"a":[1,2,3,"x"]},'.repeat(1_000_000)}1]`));
    const rest = others.map((request) => cutter.cut(request));
    await expect(large).rejects.toMatchObject({ code: "loader-out-of-memory" });
    expect(await Promise.all(rest)).toHaveLength(3);
  });

  test("closing ends a thread that does not answer", async () => {
    const cutter = open();
    void cutter.cut(file(slowFile.source, slowFile.text)).catch(() => {});
    await cutter.cut(others[0]!);
    await expect(cutter.close()).resolves.toBeUndefined();
  });
});
