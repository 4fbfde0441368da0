import { execFileSync, spawnSync } from "node:child_process";
import { rename } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Sandbox, createSandbox } from "../cli/run-rag.ts";
import { needing } from "../fixtures/needs.ts";
import { codeBlocks, documentation } from "./examples.ts";

const page = documentation().find(({ name }) => name === "docs/ci.md")?.text ?? "";
const block = (language: string): string => codeBlocks(page).find((one) => one.language === language)?.text ?? "";

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await createSandbox();
  await sandbox.write({
    "README.md": "# A harbour\n\nBoats come and go.\n",
    "docs/ports.md": "# Ports\n\n## Which ports are used?\n\nThe ports 19530 and 9091 are used.\n",
    "docs/boats.md": "# Boats\n\n## Anchors of the boats\n\nAn anchor weighs forty kilograms.\n",
  });
});
afterEach(() => sandbox.remove());

test("the GitHub Action builds an index, and its gate lets good documentation pass and bad fail", async () => {
  const steps = [...block("yaml").matchAll(/run: (rag .*)$/gm)].map(([, line = ""]) => line);
  expect(steps).toHaveLength(2);
  const [ingest = "", gate = ""] = steps;
  expect((await sandbox.shell(ingest)).exitCode).toBe(0);
  const question = (text: string, source: string): string => `${JSON.stringify({ question: text, source })}\n`;
  const questions =
    question("Which ports are used?", "docs/ports.md") + question("How heavy is an anchor?", "docs/boats.md");
  await sandbox.write({ "questions.jsonl": questions });
  expect(await sandbox.shell(gate)).toMatchObject({ exitCode: 0 });
  await sandbox.write({ "questions.jsonl": question("Where is the lighthouse keeper?", "docs/boats.md") });
  expect(await sandbox.shell(gate)).toMatchObject({ exitCode: 1 });
  expect((await sandbox.shell("test -s report.xml")).exitCode).toBe(0);
  await sandbox.write({ "docs/boats.md": "# Boats\n\nChanged.\n" });
  expect((await sandbox.shell("rag ingest docs README.md --check")).exitCode).toBe(1);
});

test("the Dockerfile makes an image that answers without a network", needing("docker"), async () => {
  const project = fileURLToPath(new URL("../..", import.meta.url));
  const packed = execFileSync("npm", ["pack", "--json", "--pack-destination", sandbox.folder], { cwd: project });
  const [{ filename }] = JSON.parse(packed.toString()) as [{ filename: string }];
  await rename(path.join(sandbox.folder, filename), path.join(sandbox.folder, "milvus-rag.tgz"));
  const file = block("dockerfile").replace(
    /^RUN (npm install .*) milvus-rag$/m,
    "COPY *.tgz /tmp/\nRUN $1 /tmp/milvus-rag.tgz",
  );
  await sandbox.write({ Dockerfile: file });
  const docker = (...argv: string[]) => spawnSync("docker", argv, { cwd: sandbox.folder, encoding: "utf8" });
  expect(docker("build", "-t", "milvus-rag-test", ".")).toMatchObject({ status: 0 });
  const answered = docker("run", "--rm", "--network", "none", "milvus-rag-test", "ask", "Which ports are used?");
  expect(answered.stdout).toContain("19530");
});
