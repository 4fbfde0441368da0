import { mkdir, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { expect, it } from "vitest";
import { sampleDocuments } from "../../fixtures/sample-documents.ts";
import { createSandbox } from "../run-rag.ts";

/** Names every native library that was loaded into the process, whichever thread did. */
const listNative = `import { isMainThread } from "node:worker_threads";
if (isMainThread) process.on("exit", () => {
  const { sharedObjects } = process.report.getReport();
  for (const file of sharedObjects) if (file.endsWith(".node")) process.stderr.write("native: " + file + "\\n");
});`;

it("files of every format are read without native code, in which a fault would end the process", async () => {
  const sandbox = await createSandbox();
  try {
    await mkdir(join(sandbox.folder, "docs"));
    for (const [name, bytes] of Object.entries(sampleDocuments)) {
      await writeFile(join(sandbox.folder, "docs", name), bytes);
    }
    const variables = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(listNative)}` };
    const { exitCode, stderr } = await sandbox.rag(["ingest", "docs", "docs/*.py"], { variables });
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
    const native = [...stderr.matchAll(/native: (.+)/g)].map(([, file = ""]) => basename(file));
    // The store's own, which reads no file of a user.
    expect(native).toEqual([expect.stringMatching(/^lancedb\./)]);
  } finally {
    await sandbox.remove();
  }
});
