import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { createOutput } from "../../../src/cli/render/output.ts";
import { describeIngest, showProgress } from "../../../src/cli/render/progress.ts";
import type { IngestProgress } from "../../../src/pipeline/ingest/ingest-tally.ts";

const progress: IngestProgress = {
  stage: "ingesting",
  documentsDone: 50,
  documentsTotal: 200,
  chunksWritten: 1234,
  bytesDone: 500_000,
  bytesTotal: 2_000_000,
  embedding: null,
};

describe("progress of an ingest", () => {
  it("tells counts, rate and the time that is left", () => {
    expect(describeIngest(progress, 1000, 3000)).toBe(
      "50 of 200 documents · 500.0 kB of 2.0 MB · 1,234 chunks · 50 documents/s · 3.0 s left",
    );
  });

  it("tells what embedding costs, where that is known", () => {
    const embedding = { texts: 10, tokens: 5000, requests: 1, retries: 0, costUsd: 0.0123 };
    expect(describeIngest({ ...progress, embedding }, 1000, null)).toContain("5,000 tokens · $0.0123");
  });

  it("does not redraw on a terminal without a width", async () => {
    const stderr = Object.assign(new PassThrough(), { isTTY: true, columns: 0 });
    const options = { json: false, quiet: false, verbose: false, color: true };
    const view = await showProgress(createOutput({ stdout: new PassThrough(), stderr }, options, {}), describeIngest);
    view.update(progress);
    view.stop();
    expect(stderr.read()).toBeNull();
  });
});
