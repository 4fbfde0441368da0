import { spawnSync } from "node:child_process";
import { readdir } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Sandbox, createSandbox } from "./run-rag.ts";

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await createSandbox();
  await sandbox.write({
    "docs/storage.md": "---\nproduct: milvus\nyear: 2026\n---\n\n# Storage\n\nData is kept in segments.\n",
    "docs/search.md": "# Search\n\nBy words.\n",
    ".ragrc": JSON.stringify({ providers: { mine: { baseUrl: "http://127.0.0.1:9/v1" } } }),
  });
  for (const name of ["docs", "manuals"]) {
    expect((await sandbox.rag(["ingest", "docs", "-q", "-c", name])).exitCode).toBe(0);
  }
});
afterAll(() => sandbox.remove());

/** The candidates, and what the shell does beside offering them: 0 files, 4 no files, 6 neither files nor a space. */
async function complete(...words: string[]) {
  const run = await sandbox.rag(["complete", "--", ...words]);
  expect({ exitCode: run.exitCode, stderr: run.stderr }).toEqual({ exitCode: 0, stderr: "" });
  const lines = run.stdout.trimEnd().split("\n");
  return { directive: lines.pop(), candidates: lines.map((line) => line.split("\t")[0]) };
}

describe("a command line is completed with", () => {
  test("commands and subcommands", async () => {
    expect((await complete("se")).candidates).toEqual(["search"]);
    expect((await complete("")).candidates).toEqual(expect.arrayContaining(["ingest", "ask", "collections"]));
    expect((await complete("")).candidates).not.toContain("complete");
    expect((await complete("collections", "c")).candidates).toEqual(["copy"]);
  });

  test("flags, those of all commands too", async () => {
    expect((await complete("search", "--m")).candidates).toEqual(["--mode", "--min-score"]);
    expect((await complete("search", "--col")).candidates).toEqual(expect.arrayContaining(["--collection"]));
  });

  test("values that are listed, also behind an equals sign", async () => {
    expect((await complete("search", "--mode", "")).candidates).toEqual(["hybrid", "dense", "text"]);
    expect((await complete("search", "--mode=d")).candidates).toEqual(["--mode=dense"]);
    expect((await complete("completion", "f")).candidates).toEqual(["fish"]);
  });

  test("collections, sources, fields and providers", async () => {
    expect(await complete("search", "words", "-c", "")).toEqual({ directive: ":4", candidates: ["docs", "manuals"] });
    expect((await complete("collections", "show", "man")).candidates).toEqual(["manuals"]);
    expect(await complete("search", "words", "--filter", "")).toEqual({
      directive: ":6",
      candidates: ["source=", "title=", "format=", "page=", "heading=", "product=", "year="],
    });
    expect((await complete("ask", "why", "--llm", "m")).candidates).toEqual(
      expect.arrayContaining(["mine", "mistral"]),
    );
    expect((await complete("search", "words", "--rerank", "co")).candidates).toEqual(["cohere"]);
  });

  test("looked-up values behind an equals sign, and behind the names of a list", async () => {
    expect((await complete("search", "words", "--collection=ma")).candidates).toEqual(["--collection=manuals"]);
    expect((await complete("search", "words", "-c", "docs,m")).candidates).toEqual(["docs,manuals"]);
    expect((await complete("search", "words", "--collection=docs,m")).candidates).toEqual([
      "--collection=docs,manuals",
    ]);
    expect((await complete("search", "words", "--rerank", "--coll")).candidates).toEqual(["--collection"]);
  });

  test("files, where a file is meant", async () => {
    expect(await complete("ingest", "d")).toEqual({ directive: ":0", candidates: [] });
    expect((await complete("search", "words", "--config", "")).directive).toBe(":0");
    expect((await complete("search", "wor")).directive).toBe(":4");
  });

  test("nothing where the configuration is wrong or the store does not answer", async () => {
    await sandbox.write({ "broken.json": "{" });
    expect((await complete("search", "--config", "broken.json", "-c", "")).candidates).toEqual([]);
    expect((await complete("search", "--uri", "http://127.0.0.1:1", "-c", "")).candidates).toEqual([]);
  });
});

test("a script is printed for each shell", async () => {
  for (const shell of ["bash", "zsh", "fish", "powershell"]) {
    const run = await sandbox.rag(["completion", shell]);
    expect({ shell, exitCode: run.exitCode }).toEqual({ shell, exitCode: 0 });
    expect(run.stdout).toMatch(/rag complete '?--/);
  }
  expect((await sandbox.rag(["completion", "tcsh"])).exitCode).toBe(2);
});

describe("bash", () => {
  let script: string;
  beforeAll(async () => {
    script = (await sandbox.rag(["completion", "bash"])).stdout;
    await sandbox.write({
      'odd/it\'s "a" plan.md': "# Plan\n",
      "odd/$(touch run-by-a-name) `touch run-by-a-name`.md": "# Name\n",
    });
    expect((await sandbox.rag(["ingest", "odd", "-q", "-c", "odd"])).exitCode).toBe(0);
  });

  /** What the line becomes; `words` as bash cuts it. */
  function completed(line: string, ...words: string[]): string {
    const typed = `
      rag() { "$NODE" "$RAG" "$@"; }
      COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE=$LINE; COMP_POINT=\${#COMP_LINE}
      __rag_complete; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const rag = new URL("../../bin/rag.js", import.meta.url).pathname;
    const bash = spawnSync("bash", ["-c", script + typed, "bash", ...words], {
      cwd: sandbox.folder,
      encoding: "utf8",
      env: { ...process.env, NODE: process.execPath, RAG: rag, HOME: sandbox.folder, LINE: line },
    });
    expect(bash.stderr).toBe("");
    return bash.stdout.trim();
  }

  test("completes with the script, without any other package", () => {
    expect(completed("rag collections show ma", "rag", "collections", "show", "ma")).toBe("manuals");
    // Bash cuts words at an equals sign, and replaces what stands behind it.
    expect(completed("rag search x --mode=d", "rag", "search", "x", "--mode", "=", "d")).toBe("dense");
    expect(completed("rag search x --collection=", "rag", "search", "x", "--collection", "=")).toBe(
      "docs\nmanuals\nodd",
    );
  });

  test("quotes what has blanks and quotation marks, as the word was begun", () => {
    const line = "rag get -c odd ";
    const words = ["rag", "get", "-c", "odd"];
    expect(completed(`${line}odd/it`, ...words, "odd/it")).toBe(`odd/it\\'s\\ \\"a\\"\\ plan.md`);
    expect(completed(`${line}odd/it\\'s\\ `, ...words, "odd/it\\'s\\ ")).toBe(`odd/it\\'s\\ \\"a\\"\\ plan.md`);
    expect(completed(`${line}"odd/it's`, ...words, `"odd/it's`)).toBe(`odd/it's \\"a\\" plan.md`);
  });

  test("runs nothing that the name of a document says", async () => {
    const shown = completed("rag get -c odd odd/", "rag", "get", "-c", "odd", "odd/");
    expect(shown.split("\n")).toHaveLength(2);
    expect(shown).toContain("odd/\\$\\(touch\\ run-by-a-name\\)");
    expect(completed('rag get -c odd "odd/', "rag", "get", "-c", "odd", '"odd/')).toContain("odd/\\$(touch");
    expect(await readdir(sandbox.folder)).not.toContain("run-by-a-name");
  });
});
