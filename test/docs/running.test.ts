import { existsSync } from "node:fs";
import { cp, mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it, test, vi } from "vitest";
import { type Sandbox, createSandbox } from "../cli/run-rag.ts";
import { lines, makePdf } from "../fixtures/pdf.ts";
import { sampleDocuments } from "../fixtures/sample-documents.ts";
import { codeBlocks, commandLines, documentation, shellWords } from "./examples.ts";

// Many processes are started, one after the other.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

/** Pages whose commands are one flow, which a test of their own runs from beginning to end. */
const flows: [page: RegExp, test: string][] = [
  [/^docs\/recipes\//, "test/docs/recipes.test.ts"],
  [/^docs\/tutorials\.md/, "test/docs/tutorials.test.ts"],
];

/** A command of the documentation that is not run here: what it needs, and the test that runs its like. */
const elsewhere: [command: RegExp, need: string, test: string][] = [
  [/:19530|zilliz/, "a server of Milvus", "test/cli/own-server.test.ts"],
  [/\.db\b/, "Milvus Lite", "test/docs/tutorials.test.ts"],
  [/--(?:embedding|llm|rerank) (?!local)\w/, "a model", "test/docs/recipes.test.ts"],
  [/ local\//, "the weights of a model", "test/docs/providers.test.ts"],
  [/--answers/, "a model", "test/cli/eval.test.ts"],
  [/--modes \S*dense/, "an embedding model", "test/cli/eval.test.ts"],
  [/\/\/example\.com/, "a web server", "test/cli/web-pages.test.ts"],
  [/--watch/, "someone who ends it", "test/cli/watch.test.ts"],
  [/rag mcp/, "a client", "test/cli/mcp/stdio.test.ts"],
  [/rag chat(?! <)(?:$| )/, "a terminal, or questions", "test/cli/conversation/chat.test.ts"],
  [/rag open|xargs less/, "an editor or a pager", "test/cli/viewer/editors.test.ts"],
  [/beir\/scifact/, "a data set", "test/cli/eval.test.ts"],
  [/drop blog$/, "an answer to its question", "test/cli/drop.test.ts"],
];

/** What a reader does before a command that the page does not say again, as a script of the shell. */
const before: [command: RegExp, script: string][] = [
  [/--batch questions\.jsonl/, "cp batch.jsonl questions.jsonl; rm -f answers.jsonl"],
  [/rag eval/, "cp set.jsonl questions.jsonl"],
  [/--make/, "rm questions.jsonl"],
  [/rag init/, "rm -f .ragrc"],
];

/** Commands whose answer may be no, which is exit code 1: a gate, or a look at what changed since. */
const gates = /--(?:check|min|baseline) |rag trust$/;

const pages = documentation()
  .filter(({ name }) => !flows.some(([page]) => page.test(name)))
  .map(({ name, text }) => ({
    name,
    commands: codeBlocks(text)
      .flatMap(commandLines)
      .filter((line) => shellWords(line).some(([program]) => program === "rag")),
  }));
const isElsewhere = (line: string): boolean => elsewhere.some(([command]) => command.test(line));
const root = fileURLToPath(new URL("../..", import.meta.url));

const note = (subject: string): string =>
  `# ${subject}\n\nHow data is stored: ${subject} are kept on disk, in segments.\n`;
const questions = (...sources: string[]): string =>
  ["How is data stored?", "Which ports are used?"]
    .map(
      (question, index) => `${JSON.stringify(sources[index] ? { question, source: sources[index] } : { question })}\n`,
    )
    .join("");
const files: Record<string, string> = {
  "README.md": note("Environment variables in values"),
  "docs/cli.md": `${note("Exit codes")}${"\nA line about ports.\n".repeat(40)}`,
  "docs/security.md": `# Security\n\n## What is sent where\n\n${note("Keys that you rotate")}`,
  "docs/ports.md":
    "# Ports\n\n## Installation\n\nWhich ports are used: 19530. Otherwise: connection refused. A timeout ends a call.\n",
  "docs/releases.md":
    "---\nyear: 2025\n---\n\n# Release notes\n\nWhat changed in 2025: the index types. What changes in 2026: the names. To upgrade, install it anew.\n",
  "docs/collections.md": "# Collections\n\nTo delete a collection, drop it. Its storage is given back.\n",
  "docs/drafts/new.md": note("Drafts"),
  "notes/a/b.md": note("Notes"),
  "faq/operational_faq.md": note("Questions"),
  "faq/product_faq.md": note("Answers"),
  "src/tool.py": "def tool():\n    return 1\n",
  "old-notes/a.txt": "Plain text.\n",
  "batch.jsonl": questions(),
  "set.jsonl": questions("docs/cli.md", "docs/ports.md"),
  "questions.txt": "How is data stored?\nWhich ports are used?\n",
  "short.txt": "{{context}}\n\n{{question}}\n",
  "mine.json": "{}",
  "other.ragrc.json": "{}",
  ".ragrc": "{}",
};

describe("a command of the documentation that is not run", () => {
  it.each(flows)("on %s: has its test", (page, file) => {
    expect(documentation().some(({ name }) => page.test(name))).toBe(true);
    expect(existsSync(path.join(root, file))).toBe(true);
  });

  it.each(elsewhere)("%s: has its test elsewhere, as it needs %s", (command, _, file) => {
    expect(pages.flatMap(({ commands }) => commands).some((line) => command.test(line))).toBe(true);
    expect(existsSync(path.join(root, file))).toBe(true);
  });
});

/** The project that every page finds: made once, and copied for each. */
let project: Sandbox;
beforeAll(async () => {
  project = await createSandbox();
  await project.write(files);
  await writeFile(path.join(project.folder, "report.docx"), sampleOf("docx"));
  await mkdir(path.join(project.folder, "notebooks"));
  await writeFile(path.join(project.folder, "notebooks/a.ipynb"), sampleOf("ipynb"));
  const twelve = Array.from({ length: 12 }, (_, page) => lines([`Ports of page ${page + 1}.`]));
  await writeFile(path.join(project.folder, "handbook.pdf"), makePdf({ pages: twelve }));
  await writeFile(path.join(project.folder, "contract.pdf"), makePdf({ pages: twelve, password: "the password" }));
  for (const script of [
    "git init -q && git add docs",
    "rag ingest docs README.md handbook.pdf",
    "rag ingest docs -c blog",
    "rag ingest docs -c blog-old",
    "rag eval set.jsonl --json > main.json",
    "cp main.json baseline.json; cp main.json last.json",
  ]) {
    expect(await project.shell(script)).toMatchObject({ exitCode: 0 });
  }
});
afterAll(() => project.remove());

function sampleOf(extension: string): Uint8Array {
  const [, bytes] = Object.entries(sampleDocuments).find(([name]) => name.endsWith(`.${extension}`)) ?? [];
  if (bytes === undefined) throw new Error(`there is no sample of ${extension}`);
  return bytes;
}

describe.each(pages.filter(({ commands }) => !commands.every(isElsewhere)))("$name", ({ commands }) => {
  let sandbox: Sandbox;
  beforeAll(async () => {
    sandbox = await createSandbox();
    await cp(project.folder, sandbox.folder, { recursive: true });
  });
  afterAll(() => sandbox.remove());

  test.each(commands.filter((line) => !isElsewhere(line)))("%s", async (line) => {
    const prepared = before.flatMap(([command, script]) => (command.test(line) ? [`${script}\n`] : []));
    const { exitCode, stderr } = await sandbox.shell(`${prepared.join("")}${line}`);
    expect(gates.test(line) ? [0, 1] : [0], `exit code ${exitCode}: ${stderr}`).toContain(exitCode);
  });
});
