import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { buildProgram } from "../../src/cli/program.ts";
import { checkConfig } from "../../src/config/check.ts";
import { expandVariables } from "../../src/config/expand.ts";
import type { Problem } from "../../src/config/problem.ts";
import { cliReference } from "./cli-reference.ts";
import { withProviderTable } from "./provider-table.ts";
import { configurationJsonSchema, configurationReference, defaultConfigModule } from "./configuration-reference.ts";

const example = readFileSync(new URL("../../.ragrc.example.json", import.meta.url), "utf8");

/** `npm run docs` writes these files; here they have to be what it would write. */
describe("what is generated is up to date", () => {
  it("docs/cli.md", async () => {
    const program = buildProgram("", async () => {});
    await expect(cliReference(program)).toMatchFileSnapshot("../../docs/cli.md");
  });

  it("src/config/default-config.ts", async () => {
    await expect(defaultConfigModule()).toMatchFileSnapshot("../../src/config/default-config.ts");
  });

  it("docs/configuration.md", async () => {
    await expect(configurationReference(example)).toMatchFileSnapshot("../../docs/configuration.md");
  });

  it("the table of docs/providers.md", async () => {
    const page = readFileSync(new URL("../../docs/providers.md", import.meta.url), "utf8");
    await expect(withProviderTable(page)).toMatchFileSnapshot("../../docs/providers.md");
  });

  it("ragrc.schema.json", async () => {
    await expect(configurationJsonSchema()).toMatchFileSnapshot("../../docs/ragrc.schema.json");
  });
});

describe(".ragrc.example.json", () => {
  it("is a valid configuration that needs no variable", () => {
    const problems: Problem[] = [];
    const report = { problems, expansions: [], fromVariables: new Set<string>() };
    const values = expandVariables(JSON.parse(example), {}, report) as Record<string, unknown>;
    const { config, problems: wrong } = checkConfig(values);
    expect([...problems, ...wrong]).toEqual([]);
    expect(config?.embedding.provider).toBe("openai");
  });
});
