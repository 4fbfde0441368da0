import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { makeDocx } from "../../fixtures/archives.ts";
import { slowFile } from "../../fixtures/slow-file.ts";
import { type Sandbox, createSandbox } from "../run-rag.ts";

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await createSandbox();
});
afterEach(() => sandbox.remove());

describe("rag ingest", () => {
  test.skipIf(process.platform === "win32").each(["SIGINT", "SIGTERM"] as const)(
    "is ended by %s while a loader does not answer",
    async (signal) => {
      await sandbox.write({ "docs/a.md": "# Lace", [`docs/${slowFile.source}`]: slowFile.text });
      const child = sandbox.start(["ingest", "docs", "--verbose"]);
      let stderr = "";
      child.stderr?.on("data", (data) => (stderr += data));
      // The store is open, and files are read.
      while (!stderr.includes("discover")) await once(child.stderr!, "data");
      await new Promise((resolve) => setTimeout(resolve, 1000));
      const ended = once(child, "close");
      child.kill(signal);
      const [exitCode, killedBy] = (await ended) as [number | null, string | null];
      // Ended by itself, or after the half of a second that it gives itself.
      expect(exitCode ?? killedBy).toSatisfy((end: unknown) => end === 130 || end === "SIGINT");
      expect(stderr).toMatch(/interrupted after|interrupted[^]*what was written stays/);
    },
  );

  test("names what is broken or made to do harm, and reads the rest in its order", async () => {
    await sandbox.write({ "docs/a.md": "# Lace\n\nMade by hand.", "docs/z.csv": "name,age\nAda,36\n" });
    const bomb = makeDocx("", { "word/document.xml": `<a>${" ".repeat(20 * 2 ** 20)}</a>` });
    const entities = makeDocx("", {
      "word/document.xml": '<!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;&b;&b;">]><a>&c;</a>',
    });
    await writeFile(join(sandbox.folder, "docs/bomb.docx"), bomb);
    await writeFile(join(sandbox.folder, "docs/entities.docx"), entities);
    await writeFile(join(sandbox.folder, "docs/cut.docx"), makeDocx("<w:p/>").subarray(0, 300));
    const { exitCode, stdout } = await sandbox.rag(["ingest", "docs", "--json"]);
    const { documents, failures } = JSON.parse(stdout);
    expect(exitCode).toBe(3);
    expect(documents).toMatchObject({ added: 2, failed: 3 });
    expect(failures.map(({ source, code }: Record<string, string>) => [source, code])).toEqual([
      ["docs/bomb.docx", "archive-too-large"],
      ["docs/cut.docx", "damaged-archive"],
      ["docs/entities.docx", "unreadable-xml"],
    ]);
  });
});
