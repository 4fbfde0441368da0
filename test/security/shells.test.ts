import { chmod, readdir } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Sandbox, createSandbox } from "../cli/run-rag.ts";
import { needing } from "../fixtures/needs.ts";
import { openTerminal } from "../fixtures/terminal.ts";

const rag = fileURLToPath(new URL("../../bin/rag.js", import.meta.url));

/** Names that a shell would run, by what is typed of each. */
const names = ["a$(touch ran).md", "b`touch ran`.md", "c;touch ran;.md", "d&touch ran&.md", "e'$(touch ran)'.md"];

const shells = {
  bash: { start: ["bash", "--norc", "-i"], script: ". ./script" },
  zsh: { start: ["zsh", "-f", "-i"], script: "autoload -Uz compinit; compinit -u; . ./script" },
  fish: { start: ["fish", "--no-config", "-i"], script: "source ./script" },
};

let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await createSandbox();
  await sandbox.write({
    "bin/rag": `#!/bin/sh\nexec "${process.execPath}" "${rag}" "$@"\n`,
    ...Object.fromEntries(names.map((name) => [`docs/${name}`, "# Of the keys"])),
  });
  await chmod(path.join(sandbox.folder, "bin/rag"), 0o755);
  expect((await sandbox.rag(["ingest", "docs", "-q"])).exitCode).toBe(0);
});
afterAll(() => sandbox.remove());

/**
 * Completes each name by its first letter in a shell that has the tool's script, and runs the line as it then stands.
 * Resolves with what the names have made.
 */
async function completeAll(shell: keyof typeof shells): Promise<string[]> {
  const { start, script } = shells[shell];
  await sandbox.write({ script: (await sandbox.rag(["completion", shell])).stdout });
  const variables = {
    PATH: `${path.join(sandbox.folder, "bin")}${path.delimiter}${process.env["PATH"]}`,
    HOME: sandbox.folder,
    TERM: "dumb",
  };
  const terminal = openTerminal(start, { cwd: sandbox.folder, variables });
  try {
    terminal.type(`${script}; echo "rea""dy"\n`);
    await terminal.until(/ready/);
    for (const name of names) {
      terminal.type(`rag get docs/${name[0]}\t`);
      await terminal.until(/md/);
      terminal.type("\n");
      await terminal.until(/Of the keys/);
    }
  } finally {
    terminal.kill();
  }
  return (await readdir(sandbox.folder)).filter((file) => file.startsWith("ran"));
}

describe("a name that a shell would run is completed as a name", () => {
  test("in bash", needing("pseudo-terminals"), async () => {
    expect(await completeAll("bash")).toEqual([]);
  });
  test("in zsh", needing("pseudo-terminals", "zsh"), async () => {
    expect(await completeAll("zsh")).toEqual([]);
  });
  test("in fish", needing("pseudo-terminals", "fish"), async () => {
    expect(await completeAll("fish")).toEqual([]);
  });
});
