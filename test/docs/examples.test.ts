import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseFilter } from "../../src/cli/arguments/filters.ts";
import { buildProgram } from "../../src/cli/program.ts";
import { checkConfig } from "../../src/config/check.ts";
import { findConfigFile } from "../../src/config/find.ts";
import { expandVariables } from "../../src/config/expand.ts";
import type { Problem } from "../../src/config/problem.ts";
import { codeBlocks, commandLines, documentation, shellWords } from "./examples.ts";

const pages = documentation();
const commands = pages.flatMap(({ name, text }) =>
  codeBlocks(text)
    .flatMap(commandLines)
    .flatMap(shellWords)
    .filter(([program]) => program === "rag")
    .map((words) => [name, words.join(" "), words.slice(1)] as const),
);
/** In docs/cli.md, JSON is what commands print. */
const configurations = pages
  .filter(({ name }) => name !== "docs/cli.md")
  .flatMap(({ name, text }) =>
    codeBlocks(text)
      .filter((block) => block.language === "json")
      .map((block) => [name, block.text] as const),
  );

describe("a command in the documentation", () => {
  it("is found on every page that has some", () => {
    const found = new Set(commands.map(([name]) => name));
    const guides = pages.map(({ name }) => name).filter((name) => name !== "docs/configuration.md");
    expect([...found].sort()).toEqual(guides.sort());
  });

  it.each(commands)("%s: %s", async (_, __, argv) => {
    await expect(understood(argv)).resolves.toBeDefined();
  });
});

describe("a configuration file that a command in the documentation names", () => {
  const named = commands.flatMap(([, , argv]) => argv.filter((_, index) => argv[index - 1] === "--config"));

  it.each(named)("is one by its name: %s", async (name) => {
    const folder = await mkdtemp(join(tmpdir(), "rag-docs-"));
    try {
      await writeFile(join(folder, name), "{}");
      const { found } = await findConfigFile({ workingDirectory: folder, homeDirectory: folder, named: name });
      expect(found?.content).toEqual({});
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

/** Throws where a flag or a value is not understood. */
async function understood(argv: readonly string[]): Promise<unknown> {
  let understood: unknown = "help";
  const program = buildProgram("", async (flags) => {
    understood = flags;
    for (const condition of (flags as { filter?: string[] }).filter ?? []) parseFilter(condition);
  });
  await program.parseAsync(argv, { from: "user" });
  return understood;
}

describe("a configuration in the documentation", () => {
  it("is found", () => expect(configurations.length).toBeGreaterThan(10));

  it.each(configurations)("%s: %s", (_, text) => {
    const problems: Problem[] = [];
    const report = { problems, expansions: [], fromVariables: new Set<string>() };
    const values = expandVariables(JSON.parse(text), {}, report) as Record<string, unknown>;
    expect([...problems, ...checkConfig(values).problems]).toEqual([]);
  });
});
