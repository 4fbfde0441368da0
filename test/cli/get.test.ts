import { chmod, readFile, rm, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { PassageResult } from "../../src/cli/render/places/passage.ts";
import type { SearchResult } from "../../src/cli/render/search/search-results.ts";
import { lines, makePdf } from "../fixtures/pdf.ts";
import { type Sandbox, createSandbox } from "./run-rag.ts";

/** Sections that are a passage each: no two of them fit into 200 characters. */
const sections = ["Disks", "Memory", "Network", "Power"].map((name, index) => {
  const lines = Array.from(
    { length: 3 },
    (_, line) => `Line ${line + 1} about ${name.toLowerCase()} in the machine room.`,
  );
  return `## ${name}\n\n${lines.join("\n")}\n${index === 1 ? "\n### Kinds\n\nMemory comes in kinds that differ a lot from each other.\n" : ""}`;
});
const guide = `# Guide\n\n${sections.join("\n")}`;

let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await createSandbox();
  await sandbox.write({
    "docs/guide.md": guide,
    "docs/other.md": "# Other\n\n## Power\n\nAnother word about power.\n",
    "notes.md": "# Notes\n\nThe backup runs at night.\n",
  });
  await writeFile(
    path.join(sandbox.folder, "manual.pdf"),
    makePdf({ pages: ["First page of the manual.", "Second page, on pumps."].map((text) => lines([text])) }),
  );
  const run = await sandbox.rag(["ingest", ".", "--max-chars", "200", "--overlap-chars", "0"]);
  if (run.exitCode !== 0) throw new Error(run.stderr);
});

afterAll(() => sandbox.remove());

const read = (...argv: string[]) => sandbox.json<PassageResult>("get", ...argv);

/** The lines of the guide that a passage says it takes. */
function linesOf({ startLine, endLine }: PassageResult): string {
  return guide
    .split("\n")
    .slice((startLine ?? 1) - 1, endLine ?? 0)
    .join("\n");
}

describe("rag get", () => {
  it("prints a document as the collection has it, though its file is gone", async () => {
    const file = path.join(sandbox.folder, "notes.md");
    const text = await readFile(file, "utf8");
    await rm(file);
    const run = await sandbox.rag(["get", "notes.md"]);
    await writeFile(file, text);
    expect(run).toMatchObject({ exitCode: 0, stdout: text, stderr: "" });
  });

  it("prints the passage with a line, and the lines of a range alone", async () => {
    const line = guide.split("\n").indexOf("## Network") + 3;
    const passage = await read(`docs/guide.md:${line}`);
    expect(passage.heading).toEqual(["Guide", "Network"]);
    expect(passage.text).toBe(linesOf(passage));
    expect(passage.ids).toHaveLength(1);
    const range = await read(`docs/guide.md:${line - 4}-${line + 1}`);
    expect(range).toMatchObject({ startLine: line - 4, endLine: line + 1 });
    expect(range.text).toBe(linesOf(range));
    const asLink = await read(`docs/guide.md#L${line - 4}-L${line + 1}`);
    expect(asLink).toEqual(range);
  });

  it("takes what a search printed: an id, and a place", async () => {
    const { hits } = await sandbox.json<SearchResult>("search", "memory kinds", "-k", "1");
    const [hit] = hits;
    const byId = await read(hit!.id);
    expect(byId).toMatchObject({ ids: [hit!.id], text: hit!.text, source: "docs/guide.md" });
    expect(await read(`${hit!.source}:${hit!.startLine}`)).toEqual(byId);
  });

  it("prints a section by its heading, with all below it", async () => {
    const passage = await read("docs/guide.md#memory");
    expect(passage.heading).toEqual(["Guide", "Memory"]);
    expect(passage.text).toBe(linesOf(passage));
    expect(passage.text).toContain("kinds that differ");
    expect(passage.text).not.toContain("network");
    expect(await read("Guide > Memory")).toEqual(passage);
  });

  it("says where else a heading stands", async () => {
    const run = await sandbox.rag(["get", "Power"]);
    expect(run.exitCode).toBe(0);
    expect(run.stderr).toMatch(/the heading also stands in docs\/(?:guide|other)\.md/);
  });

  it("prints a page of a PDF", async () => {
    expect(await read("manual.pdf#page=2")).toMatchObject({ page: 2, startLine: null });
    const run = await sandbox.rag(["get", "manual.pdf#page=2"]);
    expect(run.stdout).toMatch(/^Second page, on pumps\.\n$/);
  });

  it("takes a path from the working folder", async () => {
    const fromBelow = await sandbox.rag(["get", "guide.md:3"], { cwd: "docs" });
    const fromRoot = await sandbox.rag(["get", "docs/guide.md:3"]);
    expect(fromBelow).toEqual(fromRoot);
    expect(await sandbox.rag(["get", "docs/guide.md:3"], { cwd: "docs" })).toEqual(fromRoot);
  });

  it("prints the text around it with --expand", async () => {
    const plain = await read("docs/guide.md#Network");
    expect(plain).toMatchObject({ before: null, after: null });
    const expanded = await read("docs/guide.md#Network", "--expand", "1");
    expect(expanded.text).toBe(plain.text);
    expect(expanded.before).toContain("kinds that differ");
    expect(expanded.after).toContain("about power");
  });

  it.each([
    [["docs/gude.md"], /did you mean docs\/guide\.md/],
    [["guide.md"], /did you mean docs\/guide\.md/],
    [["guide.md:3"], /did you mean docs\/guide\.md/],
    [["docs/guide.md:9999"], /its last line in the collection is/],
    [["docs/guide.md#page=1"], /name a line/],
    [["docs/guide.md#Memry"], /did you mean Memory/],
    [["manual.pdf#page=3"], /no text on page 3/],
    [["manual.pdf:1"], /name a page/],
    [["0123456789abcdef0123456789abcdef"], /holds no document, heading or passage/],
  ])("exits with 1 where there is no %j, with what is near", async (argv, message) => {
    const run = await sandbox.rag(["get", ...argv]);
    expect(run).toMatchObject({ exitCode: 1, stdout: "" });
    expect(run.stderr).toMatch(message);
  });
});

describe("rag open", () => {
  /** A program that writes down how it was called. */
  async function editor(name: string): Promise<string> {
    const file = path.join(sandbox.folder, "bin with space", name);
    await sandbox.write({ [path.join("bin with space", name)]: `#!/bin/sh\nfor word; do echo "$word"; done\ncat\n` });
    await chmod(file, 0o755);
    return file;
  }

  it("shows the file at the line, in the editor of the variables", async () => {
    const vim = await editor("vim");
    const run = await sandbox.rag(["open", "guide.md#Memory"], {
      cwd: "docs",
      variables: { VISUAL: `'${vim}' -R "two words"`, EDITOR: "false" },
    });
    const line = guide.split("\n").indexOf("## Memory") + 1;
    const file = path.join(sandbox.folder, "docs/guide.md");
    expect(run).toMatchObject({ exitCode: 0, stdout: `-R\ntwo words\n+${line}\n${file}\n` });
    const code = await editor("code");
    const second = await sandbox.rag(["open", `docs/guide.md:${line}`], { variables: { EDITOR: `"${code}" --wait` } });
    expect(second.stdout).toBe(`--wait\n--goto\n${file}:${line}\n`);
  });

  it("refuses a line 0", async () => {
    for (const place of ["docs/guide.md:0", "docs/guide.md:0-3"]) {
      const run = await sandbox.rag(["get", place, "--json"]);
      expect({ exitCode: run.exitCode, stdout: run.stdout }).toEqual({ exitCode: 1, stdout: "" });
      expect(JSON.parse(run.stderr).error).toMatchObject({
        message: "docs/guide.md has no line 0",
        hint: "lines are counted from 1",
      });
    }
  });

  it("prints one JSON document, whatever the editor prints", async () => {
    const vim = await editor("vim");
    const run = await sandbox.rag(["open", "notes.md:3", "--json"], { variables: { EDITOR: `"${vim}"` } });
    expect(JSON.parse(run.stdout)).toMatchObject({ opened: { source: "notes.md" } });
    expect(run.stderr).toContain(path.join(sandbox.folder, "notes.md"));
  });

  it("takes the pager where there is no editor, and shows the text of what has no lines", async () => {
    const less = await editor("less");
    const variables = { PAGER: `"${less}"` };
    const run = await sandbox.rag(["open", "notes.md:3"], { variables });
    expect(run.stdout).toMatch(/^\+\dg\n.*notes\.md\n$/);
    const pdf = await sandbox.rag(["open", "manual.pdf#page=2"], { variables: { ...variables, EDITOR: "false" } });
    expect(pdf.stdout).toBe("Second page, on pumps.\n");
  });

  it("runs no shell", async () => {
    const vim = await editor("vim");
    const run = await sandbox.rag(["open", "notes.md"], {
      variables: { EDITOR: `"${vim}" $(touch made); touch made` },
    });
    expect(run.stdout).toContain("$(touch\nmade);\ntouch\nmade\n");
    await expect(readFile(path.join(sandbox.folder, "made"))).rejects.toThrow(/ENOENT/);
  });

  it("says what went wrong: no such program, a program that fails, a file that is gone", async () => {
    const missing = await sandbox.rag(["open", "notes.md"], { variables: { EDITOR: "no-such-editor" } });
    expect(missing).toMatchObject({ exitCode: 4 });
    expect(missing.stderr).toContain("cannot run no-such-editor");
    const failed = await sandbox.rag(["open", "notes.md"], { variables: { EDITOR: "false" } });
    expect(failed).toMatchObject({ exitCode: 4 });
    const file = path.join(sandbox.folder, "notes.md");
    const text = await readFile(file, "utf8");
    await rm(file);
    const gone = await sandbox.rag(["open", "notes.md"], { variables: { EDITOR: "cat" } });
    expect(gone).toMatchObject({ exitCode: 1, stdout: "" });
    await symlink("/etc/hostname", file);
    const outside = await sandbox.rag(["open", "notes.md"], { variables: { EDITOR: "cat" } });
    expect(outside).toMatchObject({ exitCode: 2, stdout: "" });
    expect(outside.stderr).toContain("is not in the project");
    await rm(file);
    await writeFile(file, text);
  });
});
