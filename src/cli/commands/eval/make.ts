import { writeFile } from "node:fs/promises";
import path from "node:path";
import { ExitCode, UserError, messageOf } from "../../../errors.ts";
import { findCollection } from "../../../pipeline/collections/collections.ts";
import { makeQuestions } from "../../../pipeline/eval/make-set.ts";
import { untilAborted } from "../../../util/until-aborted.ts";
import type { CommonFlags } from "../../arguments/flags.ts";
import type { CommandContext } from "../../context.ts";
import { renderMade } from "../../render/eval/made.ts";
import { describeEval, showProgress } from "../../render/progress.ts";
import { withRuntime } from "../../runtime.ts";
import { refuseLeadingOut } from "../answering/write-report.ts";

/**
 * `rag eval <file> --make <count>`: writes questions about the collection to a new file. Throws `UserError` `set-exists`
 * where the file is there: somebody may have corrected it.
 */
export async function makeSet(
  flags: CommonFlags & { set: string },
  count: number,
  context: CommandContext,
): Promise<ExitCode> {
  const { output, signal, workingDirectory } = context;
  return withRuntime(flags, [], context, (runtime) =>
    untilAborted(
      (async () => {
        const collection = await findCollection(await runtime.store("looking"), runtime.config.collection);
        if (collection.foreign !== undefined) {
          throw new UserError(
            "foreign-collection",
            `another program made the collection "${collection.name}": its documents are not read one by one`,
            { hint: "write the set by hand; rag eval can then ask it of this collection" },
          );
        }
        const chat = await runtime.chatModel();
        const progress = await showProgress(output, describeEval);
        const onProgress = (done: number, total: number) =>
          progress.update({ stage: "writing questions", done, total });
        const questions = await makeQuestions({ collection, chat }, { count, signal, onProgress }).finally(() =>
          progress.stop(),
        );
        const lines = questions.map((question) => `${JSON.stringify(question)}\n`).join("");
        await writeNew(flags.set, lines, workingDirectory);
        await renderMade(
          { set: flags.set, collection: collection.name, questions: questions.length, wanted: count, model: chat.name },
          output,
        );
        return ExitCode.done;
      })(),
      signal,
    ),
  );
}

async function writeNew(file: string, content: string, workingDirectory: string): Promise<void> {
  await refuseLeadingOut(file, workingDirectory);
  try {
    await writeFile(path.resolve(workingDirectory, file), content, { flag: "wx" });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") {
      throw new UserError("set-exists", `${file} is there already, and was left as it is`, {
        hint: "name a new file, or remove this one first",
      });
    }
    throw new UserError("output-failed", `cannot write ${file}: ${messageOf(error)}`, {
      hint: "name a file in a folder that exists",
      exitCode: ExitCode.backend,
      cause: error,
    });
  }
}
