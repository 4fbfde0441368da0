import { describedOption } from "../../src/cli/arguments/described-defaults.ts";
import type { Argument, Command, Option } from "commander";
import { ExitCode } from "../../src/errors.ts";

const meanings: Record<keyof typeof ExitCode, string> = {
  done: "done",
  no: 'ran, and the answer is "no": nothing found, no answer in the documents, `--check` found the collection out of date, an evaluation below its gate',
  usage: "wrong usage or configuration",
  partial: "partly done: some files failed, the rest is ingested",
  backend: "a store or a model failed: unreachable, refused, out of quota",
  internal: "an error of the tool itself (`internal`), also an unhandled rejection; running it again does not help",
  interrupted: "interrupted (Ctrl-C, SIGTERM or SIGHUP); what was written stays, and the next run goes on from there",
};

/** What a command prints with `--json`, by its full name. */
const documents: Record<string, string> = {
  "rag ingest": `{"collection":"docs","store":{"kind":"embedded","location":".rag"},
 "documents":{"found":4,"added":4,"changed":0,"unchanged":0,"removed":0,"failed":0,"empty":0},
 "chunks":{"written":72,"embedded":72,"reused":0,"deleted":0},
 "failures":[{"source":"a.pdf","code":"encrypted","message":"…"}],"warnings":[],"tokens":null,"durationMs":412}`,
  "rag get": `{"collection":"docs","source":"docs/cli.md","title":"Command line","format":"markdown",
 "heading":["Command line","Exit codes"],"page":null,"startLine":39,"endLine":52,"ids":["…"],"text":"…",
 "before":null,"after":null,"metadata":{}}`,
  "rag open": `{"opened":{"source":"docs/cli.md","page":null,"startLine":39}}`,
  "rag search": `{"query":"…","collection":"docs","mode":"text","durationMs":12,
 "hits":[{"rank":1,"score":9.41,"scores":{"dense":null,"text":9.41},"id":"…","source":"docs/guide.md","title":"Guide",
   "heading":["Guide","Storage"],"headings":["Storage","Backup"],"page":null,"startLine":34,"endLine":41,"text":"…",
   "metadata":{}}]}`,
  "rag ask": `{"question":"…","answer":"… [1]","refused":false,"model":"deepseek/deepseek-flash",
 "usage":{"inputTokens":812,"outputTokens":97},
 "citations":[{"n":1,"source":"…","heading":["…"],"page":null,"startLine":34,"endLine":41,"quote":"…","verified":true}],
 "hits":[…],"durationMs":1830}`,
  "rag eval": `{"set":"questions.jsonl","questions":50,"judged":45,"k":5,"collection":{"name":"docs","documents":220},
 "modes":{"text":{"recall@5":0.91,"recall@10":0.96,"precision@5":0.18,"mrr":0.85,"ndcg@10":0.87,"map":0.84,"spans@5":0.9,
   "answers":{"contains":0.6,"f1":0.3,"citationSupport":1,"refusalPrecision":0.8,"refusalRecall":0.8,"falseRefusals":0.02}}},
 "intervals":{"text":{"recall@5":{"low":0.82,"high":0.98}, …}},
 "comparisons":[{"from":"text","to":"hybrid","measures":{"map":{"difference":0.02,"interval":{"low":-0.01,"high":0.05},
   "wins":7,"losses":4,"ties":34}, …}}],
 "compare":null,"gate":{"passed":false,"failed":[{"mode":"text","measure":"map","value":0.84,"required":0.9,"reason":"min"}]},
 "missing":[],"durationMs":412}`,
  "rag collections list": `{"store":{"kind":"embedded","location":".rag"},
 "collections":[{"name":"docs","documents":4,"chunks":72,"embedding":null,"analyzer":"icu",
   "createdAt":"2026-11-20T10:00:00.000Z","updatedAt":"2026-11-20T10:00:01.000Z"}]}`,
  "rag collections show": `{"name":"docs","documents":4,"chunks":72,
 "embedding":{"provider":"openai","model":"text-embedding-3-small","dimensions":1536},"analyzer":"icu",
 "createdAt":"…","updatedAt":"…","manifest":{…},"index":[{"name":"…","type":"…","rows":72}],"sizeBytes":180224}`,
  "rag collections sources": `{"collection":"docs","sources":[{"source":"docs/guide.md","title":"Guide","chunks":12,"updatedAt":"…"}]}`,
  "rag collections drop": `{"dropped":"docs"}`,
  "rag collections copy": `{"from":{"kind":"embedded","location":".rag","collection":"docs"},
 "to":{"kind":"milvus-lite","location":"milvus.db","collection":"docs"},
 "chunks":72,"verified":true,"durationMs":412}`,
};

/** `docs/cli.md`: every command, argument and flag, from the program itself. */
export function cliReference(program: Command): string {
  return `${[
    "# Command line",
    "<!-- Written by `npm run docs` from src/cli/program.ts. -->",
    program.description(),
    codeBlock("text", visible(program).flatMap(usageOf).join("\n")),
    `Results go to standard output, everything else (progress, notices, warnings, errors) to standard error. Progress
appears on a terminal only; so does colour, unless \`--color always\` or \`FORCE_COLOR\` asks for it, and \`NO_COLOR\` is
obeyed. On a terminal, text is wrapped at its width, and long results are shown in the pager that \`PAGER\` names (else
\`less\`); in a pipe, lines are left whole. A closed pipe (\`| head\`) is no error. \`-\` reads
standard input where a query, a question or a list of files is taken. Keys and tokens never appear in any output.`,
    "## Flags of every command",
    "They may stand before or after the command.",
    optionTable(program.options),
    "## Exit codes",
    exitCodes(),
    "## JSON",
    `With \`--json\` a command prints exactly one JSON document on standard output. Keys are camelCase, an absent value is
\`null\`, and an empty result is a valid document. A failure prints this on standard error, and nothing else:`,
    codeBlock("json", `{"error":{"code":"collection-not-found","message":"…","hint":"…"}}`),
    ...visible(program).flatMap(section),
  ].join("\n\n")}\n`;
}

/** Commands that the help lists, without the help itself. */
function visible(command: Command): Command[] {
  return [...command.createHelp().visibleCommands(command)].filter((child) => child.name() !== "help");
}

function section(command: Command): string[] {
  const name = fullName(command);
  const children = visible(command);
  if (children.length > 0) return [`## ${name}`, command.description(), ...children.flatMap(section)];
  const document = documents[name];
  const depth = "#".repeat(name.split(" ").length);
  return [
    `${depth} ${name}`,
    reflow(command.description()),
    codeBlock("text", usageOf(command).join("\n")),
    ...(command.registeredArguments.length > 0 ? [argumentTable(command.registeredArguments)] : []),
    ...(command.options.length > 0 ? [optionTable(command.options)] : []),
    ...epilogue(command),
    ...(document === undefined ? [] : ["With `--json`:", codeBlock("json", document)]),
  ];
}

function fullName(command: Command): string {
  return command.parent === null ? command.name() : `${fullName(command.parent)} ${command.name()}`;
}

function usageOf(command: Command): string[] {
  const children = visible(command);
  if (children.length > 0) return children.flatMap(usageOf);
  const usage = command.usage().replace("[options] ", "").replace("[options]", "");
  return [`${fullName(command)} ${usage}${command.options.length > 0 ? " [flags]" : ""}`.replaceAll(/ +/g, " ").trim()];
}

/** What stands below the help: paragraphs, and as blocks the examples and lists of indented lines. */
function epilogue(command: Command): string[] {
  let text = "";
  command.configureOutput({ writeOut: (part) => void (text += part) });
  command.outputHelp();
  const after = text.slice(command.helpInformation().length).trim();
  return after
    .split(/\n\n/)
    .filter((paragraph) => paragraph !== "")
    .map((paragraph) => {
      const [title = "", ...lines] = paragraph.split("\n");
      if (lines.length === 0 || !lines.every((line) => line.startsWith("  "))) return reflow(paragraph);
      const inside = lines.map((line) => line.trim()).join("\n");
      return title === "Examples:" ? codeBlock("sh", inside) : `${title}\n\n${codeBlock("text", inside)}`;
    });
}

function optionTable(options: readonly Option[]): string {
  return table(
    ["flag", "meaning"],
    options.filter(({ hidden }) => !hidden).map((option) => [`\`${option.flags}\``, describedOption(option)]),
  );
}

function argumentTable(arguments_: readonly Argument[]): string {
  return table(
    ["argument", "meaning"],
    arguments_.map((argument) => [`\`${argument.name()}${argument.variadic ? "…" : ""}\``, argument.description]),
  );
}

function exitCodes(): string {
  const names = Object.keys(ExitCode) as (keyof typeof ExitCode)[];
  return table(
    ["code", "meaning"],
    names.map((name) => [String(ExitCode[name]), meanings[name]]),
  );
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

export function codeBlock(language: string, text: string): string {
  return `\`\`\`${language}\n${text}\n\`\`\``;
}

function reflow(text: string): string {
  return text.replaceAll(/\s*\n\s*/g, " ");
}
