import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { configIn } from "../../../config/find.ts";
import { remember } from "../../../config/trust/memory.ts";
import { ExitCode, UserError, messageOf } from "../../../errors.ts";
import { foldersUpwards } from "../../../files/folders-upwards.ts";
import { type Question, questionsAbout, settingsOf } from "../../../pipeline/init/proposals.ts";
import { type Survey, survey } from "../../../pipeline/init/survey.ts";
import type { CommonFlags } from "../../arguments/flags.ts";
import type { CommandContext } from "../../context.ts";
import { choose } from "../../render/setup/choose.ts";
import { renderInit, showSurvey } from "../../render/setup/init.ts";
import { hasPython, withRuntime } from "../../runtime.ts";

export interface InitFlags extends CommonFlags {
  yes?: boolean;
}

const fileName = ".ragrc.json";

type Answers = Parameters<typeof settingsOf>[0];

/**
 * `rag init`: looks at what is there, asks what flags do not say, and writes the configuration. Without a terminal
 * nothing is asked: what no flag says is left to the defaults. An existing configuration is never overwritten.
 */
export async function init(flags: InitFlags, context: CommandContext): Promise<ExitCode> {
  const { workingDirectory, homeDirectory, variables, output } = context;
  const present = configIn(workingDirectory);
  if (present !== null) {
    throw new UserError("config-exists", `there is a configuration already: ${present}`, {
      hint: "change it by hand, and look at it with: rag doctor",
    });
  }
  const found = await lookAround(context);
  const isAsking = !flags.json && !flags.yes && context.stdin.isTTY === true && output.messages.isTerminal;
  if (!flags.json) await showSurvey(found, output);
  const answers = await answersTo(questionsAbout(found), flags, isAsking ? context : null);
  const schema = schemaFor(workingDirectory, homeDirectory);
  const settings = settingsOf(answers, schema.path);
  const file = path.join(workingDirectory, fileName);
  const text = `${JSON.stringify(settings, null, 2)}\n`;
  await writeFile(file, text, { flag: "wx" }).catch((error: unknown) => {
    throw new UserError("config-not-written", `cannot write ${file}: ${messageOf(error)}`, {
      hint: "run it in a folder that you can write to",
      cause: error,
    });
  });
  // The user made this file, so it is trusted at once. If the consent cannot be stored, `rag trust` asks later.
  await remember(file, createHash("sha256").update(text).digest("hex"), variables).catch(() => {});
  await renderInit({ file, settings, found }, schema.isThere, output);
  return ExitCode.done;
}

/** What is in the folder and on this machine. */
async function lookAround(context: CommandContext): Promise<Survey> {
  const { workingDirectory, variables } = context;
  const { discover } = await import("../../../pipeline/discover/discover.ts");
  // The settings of other folders do not take part: this one gets its own.
  return withRuntime({ color: false, quiet: true }, [], context, async (runtime) => {
    const { isSupported } = await runtime.loaders();
    const discovery = await discover({
      root: workingDirectory,
      workingDirectory,
      paths: ["."],
      include: [],
      exclude: [],
      followLinks: false,
      isSupported,
    });
    return survey(discovery, variables, () => hasPython(variables));
  });
}

/** Answers from the flags, then from the user; `null`: the user is not asked and the defaults apply. */
async function answersTo(
  questions: readonly Question[],
  flags: InitFlags,
  asking: CommandContext | null,
): Promise<Answers> {
  const answers: Record<string, string | null | undefined> = {
    collection: flags.collection,
    "milvus.uri": flags.uri,
    embedding: flags.embedding,
    llm: flags.llm,
  };
  for (const { setting, text, choices } of questions) {
    if (answers[setting] !== undefined || asking === null) continue;
    answers[setting] = await choose(text, choices, asking);
  }
  return answers;
}

/** The schema of the settings, in the package as a project installs it. */
const schemaFile = "node_modules/milvus-rag/docs/ragrc.schema.json";

/**
 * Where editors find the schema: a path from the configuration into the packages of the project, which is the same for
 * everyone who has the project. Where the tool is no package of the project, the path leads to where it would be.
 */
function schemaFor(workingDirectory: string, home: string): { path: string; isThere: boolean } {
  const holder = foldersUpwards(workingDirectory, home).find((folder) => existsSync(path.join(folder, schemaFile)));
  const upwards = path
    .relative(workingDirectory, holder ?? workingDirectory)
    .split(path.sep)
    .join("/");
  return { path: `${upwards === "" ? "." : upwards}/${schemaFile}`, isThere: holder !== undefined };
}
