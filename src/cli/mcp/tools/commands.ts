import path from "node:path";
import type { Environment } from "../../../config/environment.ts";
import { UserError } from "../../../errors.ts";
import { leadsInto } from "../../../files/real-path.ts";
import type { CommonFlags } from "../../arguments/flags.ts";
import { ask } from "../../commands/ask.ts";
import { ingest } from "../../commands/ingest/ingest.ts";
import type { CapturedContext } from "../captured.ts";
import type { ToolAnswer } from "../results.ts";

export interface AskArguments {
  question: string;
  collection?: string | undefined;
  filters?: string[] | undefined;
  topK?: number | undefined;
}

/** The tool `ask`: what `rag ask --json` prints, without its passages. Throws as the command does. */
export async function askTool(given: AskArguments, flags: CommonFlags, context: CapturedContext): Promise<ToolAnswer> {
  const { question, collection, filters = [], topK } = given;
  // The command takes a dash for standard input; to a model it is a question like any other.
  await ask(
    {
      ...flagsFor(flags, collection),
      question: question.trim() === "-" ? "- " : question,
      filter: filters,
      stream: false,
      ...(topK === undefined ? {} : { topK }),
    },
    context,
  );
  const { hits: _, ...structured } = context.document() as Record<string, unknown>;
  const { answer, citations } = structured as { answer: string; citations: { n: number; source: string }[] };
  const sources = citations.map(({ n, source }) => `[${n}] ${source}`).join("\n");
  return {
    text: sources === "" ? answer : `${answer}\n\nSources:\n${sources}`,
    structured,
    notices: context.notices,
  };
}

export interface IngestArguments {
  paths: string[];
  collection?: string | undefined;
}

/**
 * The tool `ingest`: what `rag ingest --json` prints. Throws as the command does, and `UserError` `outside-project` where
 * a path leads out of the project.
 */
export async function ingestTool(
  { paths, collection }: IngestArguments,
  { projectRoot }: Environment,
  flags: CommonFlags,
  context: CapturedContext,
): Promise<ToolAnswer> {
  const absolute = await Promise.all(paths.map((given) => insideProject(given, projectRoot)));
  await ingest(
    { ...flagsFor(flags, collection), paths: absolute, include: [], exclude: [], metadata: {} },
    { ...context, workingDirectory: projectRoot },
  );
  const report = context.document() as { documents: Record<string, number>; failures: { source: string }[] };
  const counts = Object.entries(report.documents).filter(([, count]) => count > 0);
  const failed = report.failures.map((failure) => `\nfailed: ${JSON.stringify(failure)}`).join("");
  return {
    text: `documents: ${counts.map(([name, count]) => `${count} ${name}`).join(", ")}${failed}`,
    structured: { ...report },
    notices: context.notices,
  };
}

/** A path or a glob, from the project's root; the part of a glob before its first special character is judged. */
async function insideProject(given: string, projectRoot: string): Promise<string> {
  const plain = given.split(/[*?[{(!]/)[0] ?? "";
  const climbs = given.split(/[\\/]/).includes("..");
  if (!climbs && (await leadsInto(projectRoot, path.resolve(projectRoot, plain)))) {
    return path.isAbsolute(given) ? path.relative(projectRoot, given) || "." : given;
  }
  throw new UserError("outside-project", `${given} leads out of the project ${projectRoot}`, {
    hint: "name files and folders of the project",
  });
}

function flagsFor(flags: CommonFlags, collection: string | undefined): CommonFlags {
  return { ...flags, json: true, color: false, ...(collection === undefined ? {} : { collection }) };
}
