import { PassThrough } from "node:stream";
import { expect, it, vi } from "vitest";
import { createOutput } from "../../../../src/cli/render/output.ts";
import { createDownloadReport } from "../../../../src/cli/render/terminal/download.ts";

function open(stderr: PassThrough & { isTTY?: boolean }, quiet = false) {
  const options = { json: false, quiet, verbose: false, color: false };
  return createDownloadReport(createOutput({ stdout: new PassThrough(), stderr }, options, {}));
}

const at = (loadedBytes: number) => ({
  model: "owner/tiny",
  file: "onnx/model.onnx",
  loadedBytes,
  totalBytes: 2_000_000,
});

it("is one notice a model where no person watches", async () => {
  const stderr = new PassThrough();
  const report = open(stderr);
  for (const loaded of [1, 1_000_000, 2_000_000]) report(at(loaded));
  await vi.waitFor(() => expect(stderr.readableLength).toBeGreaterThan(0));
  expect(String(stderr.read())).toBe("note: downloading the model owner/tiny; it is kept for the next time\n");
});

it("is left out with --quiet", async () => {
  const stderr = new PassThrough();
  open(stderr, true)(at(1));
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(stderr.read()).toBeNull();
});

it("is no notice on a terminal, which shows a line of progress", async () => {
  const stderr = Object.assign(new PassThrough(), { isTTY: true, columns: 80 });
  const report = open(stderr);
  report(at(1_000_000));
  report(at(2_000_000));
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(stderr.read()).toBeNull();
});
