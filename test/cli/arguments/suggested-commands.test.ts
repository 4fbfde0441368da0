import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { shellWord, withGivenFlags } from "../../../src/cli/arguments/suggested-commands.ts";
import { buildProgram } from "../../../src/cli/program.ts";
import { type Sandbox, createSandbox } from "../run-rag.ts";

describe("a suggested command", () => {
  it.each([
    ["make one with: rag ingest <paths...>", "make one with: rag ingest -c notes --uri ./s <paths...>"],
    [
      'try: rag search "…", or rag ask "…"',
      'try: rag search -c notes --uri ./s "…", or rag ask -c notes --uri ./s "…"',
    ],
    ["drop it: rag collections drop docs --yes", "drop it: rag collections drop --uri ./s docs --yes"],
    ["rag collections list", "rag collections list --uri ./s"],
    ["try: rag search … --uri x -c y", "try: rag search … --uri x -c y"],
    ["rag help, ragtime, and drag ingesting", "rag help, ragtime, and drag ingesting"],
  ])("has the flags of the run: %s", (message, expected) => {
    expect(withGivenFlags(message, { collection: "notes", uri: "./s" })).toBe(expected);
  });

  it("has no pattern of several collections, which an ingest cannot take", () => {
    expect(withGivenFlags("run rag ingest docs", { collection: "a,b*" })).toBe("run rag ingest docs");
  });

  it("is known whichever subcommand it names, where that one looks at a collection or a store", () => {
    const names = buildProgram("1.2.3", async () => {}).commands.flatMap((command) =>
      command.commands.length === 0
        ? [command.name()]
        : command.commands.map((below) => `${command.name()} ${below.name()}`),
    );
    const left = names.filter((name) => !withGivenFlags(`rag ${name}`, { uri: "./s" }).endsWith(" --uri ./s"));
    expect(left.sort()).toEqual(["complete", "completion", "init", "mcp", "trust"]);
  });

  it("is left alone where no flag was given", () => {
    expect(withGivenFlags("run rag ingest docs", {})).toBe("run rag ingest docs");
  });
});

it("quotes a word as a shell reads it", async () => {
  const text = 'it\'s $HOME & "more"';
  const { stdout } = await promisify(execFile)("sh", ["-c", `printf %s ${shellWord(text)}`]);
  expect(stdout).toBe(text);
});

it.each([
  [String.raw`docs\notes`, String.raw`docs\notes`],
  ["my notes", '"my notes"'],
])("is %s for the shells of Windows: %s", (text, expected) => {
  expect(shellWord(text, "win32")).toBe(expected);
});

describe("as pasted", () => {
  let sandbox: Sandbox;
  beforeAll(async () => {
    sandbox = await createSandbox();
    await sandbox.write({ "docs/a.md": "# A\n\nThe backup runs at night.\n", "set up.json": "{}" });
  });
  afterAll(() => sandbox.remove());

  it("what an ingest suggests searches what it wrote", async () => {
    const flags = ["-c", "notes", "--uri", "./my store/.rag", "--config", "set up.json"];
    const { stderr } = await sandbox.rag(["ingest", "docs", ...flags]);
    const suggested = /rag search (.*?) "…"/.exec(stderr)?.[1];
    expect(suggested).toBe("-c notes --uri './my store/.rag' --config 'set up.json'");
    expect((await sandbox.rag(["search", "backup"])).exitCode).toBe(2);
    expect((await sandbox.shell(`rag search ${suggested} backup`)).exitCode).toBe(0);
  });

  it("a hint and a check of doctor name the store that was meant", async () => {
    const flags = ["--uri", "./empty/.rag", "-c", "notes"];
    expect((await sandbox.rag(["search", "backup", ...flags])).stderr).toContain(
      "rag ingest -c notes --uri ./empty/.rag <paths...>",
    );
    const { checks } = JSON.parse((await sandbox.rag(["doctor", "--offline", "--json", ...flags])).stdout) as {
      checks: { name: string; hint: string | null }[];
    };
    expect(checks.map(({ hint }) => hint)).toContain(
      "make one with: rag ingest -c notes --uri ./empty/.rag <paths...>",
    );
  });
});
