import type { Command } from "commander";
import { describe, expect, it } from "vitest";
import { flagSettings } from "../../src/cli/arguments/described-defaults.ts";
import { buildProgram } from "../../src/cli/program.ts";
import { fittedHelp } from "../../src/cli/render/terminal/help.ts";
import { configSchema } from "../../src/config/schema.ts";
import { UserError } from "../../src/errors.ts";
import { formats } from "../../src/loaders/index.ts";

/** What a command would be run with, or the error. */
async function parse(...argv: string[]): Promise<unknown> {
  let flags: unknown = null;
  const program = buildProgram("1.2.3", async (understood) => {
    flags = understood;
  });
  await program.parseAsync(argv, { from: "user" });
  return flags;
}

async function refusal(...argv: string[]): Promise<UserError> {
  const error = await parse(...argv).catch((error: unknown) => error);
  if (error instanceof UserError) return error;
  throw new Error(`not refused: ${argv.join(" ")}`, { cause: error });
}

const ingest = { color: true, include: [], exclude: [], metadata: {} };
const search = { color: true, filter: [] };
const ask = { color: true, filter: [], stream: true };

describe("what is understood", () => {
  it.each<[string[], unknown]>([
    [["ingest", "a", "b"], { ...ingest, paths: ["a", "b"] }],
    [["ingest", "a", "--include", "x", "--include", "y"], { ...ingest, paths: ["a"], include: ["x", "y"] }],
    [["ingest", "a", "--exclude=z", "--prune"], { ...ingest, paths: ["a"], exclude: ["z"], prune: true }],
    [["ingest", "a", "--no-prune", "--dry-run"], { ...ingest, paths: ["a"], prune: false, dryRun: true }],
    [["ingest", "--files-from", "-", "--check"], { ...ingest, paths: [], filesFrom: "-", check: true }],
    [
      ["ingest", "a", "--strategy", "separator", "--separator", "\\n\\t\\\\n# "],
      { ...ingest, paths: ["a"], strategy: "separator", separator: "\n\t\\n# " },
    ],
    [
      ["ingest", "a", "--max-chars", "800", "--overlap-chars", "0", "--concurrency", "4", "--fail-fast", "--recreate"],
      { ...ingest, paths: ["a"], maxChars: 800, overlapChars: 0, concurrency: 4, failFast: true, recreate: true },
    ],
    [["ingest", "a", "--wait", "--project", "p"], { ...ingest, paths: ["a"], wait: true, project: "p" }],
    [["ingest", "a", "--wait", "90"], { ...ingest, paths: ["a"], wait: 90 }],
    [
      ["ingest", "a", "--metadata", "version=2.5", "--metadata", "draft=false", "--metadata", "id=007"],
      { ...ingest, paths: ["a"], metadata: { version: 2.5, draft: false, id: "007" } },
    ],
    [
      ["ingest", "a", "--metadata", "tag=a", "--metadata", "tag=b=c", "--metadata", "tag=3"],
      { ...ingest, paths: ["a"], metadata: { tag: ["a", "b=c", 3] } },
    ],
    [["search", "q"], { ...search, query: "q" }],
    [["search", "-"], { ...search, query: "-" }],
    [["search", "--", "--json"], { ...search, query: "--json" }],
    [["search", "q", "-k", "3", "--mode", "dense"], { ...search, query: "q", topK: 3, mode: "dense" }],
    [["search", "q", "--filter", "a=1", "--filter", "b!=2"], { ...search, query: "q", filter: ["a=1", "b!=2"] }],
    [["search", "q", "--min-score", "-0.5", "--full"], { ...search, query: "q", minScore: -0.5, full: true }],
    [["search", "q", "--format", "csv"], { ...search, query: "q", format: "csv" }],
    [["search", "q", "--format", "json"], { ...search, query: "q", format: "json", json: true }],
    [
      ["--json", "-q", "search", "q", "-v", "-c", "docs", "--no-color"],
      { ...search, query: "q", json: true, quiet: true, verbose: true, collection: "docs", color: false },
    ],
    [
      ["search", "q", "--config", "f", "--uri", "u", "--embedding", "a/b/c", "--llm", "d"],
      { ...search, query: "q", config: "f", uri: "u", embedding: "a/b/c", llm: "d" },
    ],
    [["ask", "q", "--no-stream", "--show-context"], { ...ask, question: "q", stream: false, showContext: true }],
    [
      ["ask", "q", "--prompt", "p", "--max-context-chars", "900", "--strict"],
      { ...ask, question: "q", prompt: "p", maxContextChars: 900, strict: true },
    ],
    [["collections", "list"], { color: true }],
    [["collections", "show", "docs"], { color: true, name: "docs" }],
    [["collections", "sources", "docs", "--json"], { color: true, name: "docs", json: true }],
    [["collections", "drop", "docs", "-y"], { color: true, name: "docs", yes: true }],
    [["collections", "show"], { color: true }],
    [["collections", "sources"], { color: true }],
    [["search", "q", "--color", "always"], { ...search, query: "q", color: "always" }],
    [["search", "q", "--color=never"], { ...search, query: "q", color: false }],
    [["search", "q", "--color=auto", "--no-pager"], { ...search, query: "q", color: true, pager: false }],
    [["collections", "show", "-c", "docs"], { color: true, collection: "docs", name: "docs" }],
    [["-c", "docs", "collections", "drop", "docs"], { color: true, collection: "docs", name: "docs" }],
    [["collections", "copy", "docs", "--to", "./b"], { color: true, name: "docs", to: "./b" }],
    [
      ["collections", "copy", "docs", "--to", "host:19530", "--as", "d2"],
      { color: true, name: "docs", to: "host:19530", as: "d2" },
    ],
  ])("%j", async (argv, flags) => {
    expect(await parse(...argv)).toEqual(flags);
  });
});

/** All that `--help` prints. */
function helpOf(command: Command): string {
  let text = "";
  command.configureOutput({ writeOut: (part) => void (text += part) }).outputHelp();
  return text;
}

describe("help", () => {
  const program = buildProgram("", async () => {});
  const commands = [program, ...program.commands.flatMap((command) => [command, ...command.commands])];

  it.each(commands.map((command) => [command.name(), command] as const))(
    "of %s is broken by the width alone",
    (_, command) => {
      expect(command.description()).not.toContain("\n");
      expect(
        Math.max(
          ...command
            .helpInformation()
            .split("\n")
            .map((line) => line.length),
        ),
      ).toBeLessThanOrEqual(100);
    },
  );

  const leaves = commands.filter(({ commands: below }) => below.length === 0);
  it.each(leaves.map((command) => [command.name(), command] as const))("of %s has two examples", (name, command) => {
    if (name === "complete") return;
    const examples = helpOf(command).split("Examples:\n")[1] ?? "";
    expect(examples.match(/^ {2}.*\brag /gm)?.length).toBeGreaterThanOrEqual(2);
  });

  it("tells the defaults of the configuration's schema", () => {
    const { search, chunking } = configSchema.parse({});
    const [ingestHelp, searchHelp] = ["ingest", "search"].map((name) =>
      helpOf(program.commands.find((command) => command.name() === name)!).replaceAll(/\s+/g, " "),
    );
    expect(searchHelp).toContain(`passages to find (default: ${search.topK})`);
    expect(ingestHelp).toContain(`characters in a chunk at most (default: ${chunking.maxChars})`);
    expect(ingestHelp).toContain(`(default: ${JSON.stringify(chunking.separator)})`);
    const long = new Set(commands.flatMap(({ options }) => options.map((option) => option.long)));
    expect(Object.keys(flagSettings).filter((flag) => !long.has(flag))).toEqual([]);
  });

  it.each([40, 80, 160])("is laid out for %i columns", async (columns) => {
    let text = "";
    const page = { columns, write: (part: string) => void (text += fittedHelp(part, columns)) };
    const narrow = buildProgram("", async () => {}, page);
    await narrow.parseAsync(["search", "--help"], { from: "user" }).catch(() => {});
    const lines = text.split("\n");
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(columns);
    expect(Math.max(...lines.map((line) => line.length))).toBeGreaterThan(columns * 0.8);
    expect(text.replaceAll(/\s+/g, " ")).toContain("A condition is about the whole value and minds case");
  });

  it.each(["search", "ask"])("of %s tells the formats that a filter can name", (name) => {
    const text = helpOf(program.commands.find((candidate) => candidate.name() === name)!);
    const [, listed = ""] = /The formats are (.*?)\./.exec(text.replaceAll(/\s+/g, " ")) ?? [];
    expect(listed.split(", ")).toEqual(formats);
  });
});

describe("what is refused", () => {
  it.each<[string[], string, string | RegExp]>([
    [["--json"], "no command given", /ingest, search, ask/],
    [["ls"], "unknown command 'ls'", "did you mean rag collections list?"],
    [["list"], "unknown command 'list'", "did you mean rag collections list?"],
    [["rm", "docs"], "unknown command 'rm'", "did you mean rag collections drop?"],
    [["add", "docs"], "unknown command 'add'", "did you mean rag ingest?"],
    [["index", "docs"], "unknown command 'index'", "did you mean rag ingest?"],
    [["query", "q"], "unknown command 'query'", "did you mean rag search?"],
    [["find", "q"], "unknown command 'find'", "did you mean rag search?"],
    [["collections", "ls"], "unknown command 'ls'", "did you mean rag collections list?"],
    [["collections", "lst"], "unknown command 'lst'", "did you mean list?"],
    [["search", "q", "--limit", "3"], "unknown option '--limit'", "did you mean --top-k?"],
    [["ask", "q", "--limit=3"], /^unknown option '--limit/, "did you mean --top-k?"],
    [["ingest", "a", "--chunk-size", "3"], "unknown option '--chunk-size'", "did you mean --max-chars?"],
    [["collections", "list", "--limit", "3"], "unknown option '--limit'", /--help/],
    [["constructor"], "unknown command 'constructor'", /--help/],
    [
      ["search", "q", "--color", "sometimes"],
      '--color: expected one of auto, always, never, got "sometimes"',
      /--help/,
    ],
    [["serch", "q"], "unknown command 'serch'", "did you mean search?"],
    [["search", "q", "--fromat", "csv"], "unknown option '--fromat'", "did you mean --format?"],
    [["search"], "missing required argument 'query'", /--help/],
    [["search", "how", "is", "it"], "too many arguments for 'search'. Expected 1 argument but got 3.", /quotes/],
    [["search", "q", "-k"], "option '-k, --top-k <count>' argument missing", /--help/],
    [["search", "q", "-k", "0"], '--top-k: expected an integer from 1 to 1000, got "0"', /--help/],
    [["search", "q", "-k", "1e3"], '--top-k: expected an integer from 1 to 1000, got "1e3"', /--help/],
    [["search", "q", "--min-score", "x"], '--min-score: expected a number, got "x"', /--help/],
    [["search", "q", "--mode", "txt"], '--mode: expected one of hybrid, dense, text, got "txt"', "did you mean text?"],
    [["search", "q", "-c", ""], '--collection: expected something, got ""', /--help/],
    [["search", "q", "--embedding", "openai/"], /--embedding: expected a provider/, /ollama/],
    [["ingest", "a", "--max-chars", "x"], '--max-chars: expected an integer from 1 to 16000, got "x"', /--help/],
    [["ingest", "a", "--separator", ""], '--separator: expected at least one character, got ""', /--help/],
    [["ingest", "a", "--metadata", "novalue"], '--metadata: expected key=value, got "novalue"', /--help/],
    [["ingest", "a", "--prune", "--no-prune"], "--prune and --no-prune contradict each other", /removed unless/],
    [["ingest", "a", "--no-prune", "--prune"], "--prune and --no-prune contradict each other", /removed unless/],
    [["ingest", "a", "--recreate", "--no-prune"], "--recreate and --no-prune contradict each other", /drops every/],
    [["ingest", "--recreate", "a", "--check"], "--check and --recreate contradict each other", /writes nothing/],
    [["collections", "copy", "docs"], /required option '--to <uri>'/, /--help/],
    [["collections", "copy", "docs", "--to", ""], '--to: expected something, got ""', /--help/],
    [["collections"], "no command given", "rag collections --help lists the commands: list, show, sources, drop, copy"],
    [
      ["help", "frob"],
      "unknown command 'frob'",
      "rag --help lists the commands: ingest, search, ask, get, open, eval, collections",
    ],
    [["help", "serch"], "unknown command 'serch'", "did you mean rag help search?"],
    [["collections", "help", "dorp"], "unknown command 'dorp'", "did you mean rag collections help drop?"],
    [["collections", "drop", "d2", "d3"], /^too many arguments/, "rag collections drop takes one collection: run it"],
    [["collections", "list", "d2"], /^too many arguments/, "see rag collections list --help"],
    [["collections", "drop"], "missing required argument 'name'", "rag collections drop docs"],
    [["collections", "show", "docs", "-c", "t1"], "docs and --collection t1 contradict each other", /one collection/],
    [["ask", "x", "--format", "csv"], "unknown option '--format'", "--format belongs to rag search"],
    [["search", "x", "-y"], "unknown option '-y'", "-y belongs to rag collections drop"],
    [["search", "-alpha"], "unknown option '-alpha'", 'comes after --, as in: rag search -- "-alpha"'],
    [["ask", "--why-not"], "unknown option '--why-not'", 'rag ask -- "--why-not"'],
    [["ingest", "-alpha"], "unknown option '-alpha'", "see rag ingest --help"],
    [["collections", "sho", "docs"], "unknown command 'sho'", "did you mean show?"],
  ] as [string[], string, string | RegExp][])("%j", async (argv, message, hint) => {
    const error = await refusal(...argv);
    expect(error.exitCode).toBe(2);
    expect(error.message).toMatch(message);
    expect(error.hint).toMatch(hint);
  });
});
