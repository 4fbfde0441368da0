import { stat } from "node:fs/promises";
import path from "node:path";
import { ExitCode, UserError } from "../../errors.ts";
import { leadsInto } from "../../files/real-path.ts";
import type { ReadPassage } from "../../pipeline/passages/read.ts";
import { untilAborted } from "../../util/until-aborted.ts";
import type { CommonFlags } from "../arguments/flags.ts";
import type { CommandContext } from "../context.ts";
import { renderOpened } from "../render/places/passage.ts";
import { terminalText } from "../render/terminal-text.ts";
import { withRuntime } from "../runtime.ts";
import { passageAt } from "./get.ts";

export interface OpenFlags extends CommonFlags {
  /** As given. */
  place: string;
}

/** `rag open`: exits with 1 where there is no such place, or its file is gone. */
export async function open(flags: OpenFlags, context: CommandContext): Promise<ExitCode> {
  const { passage, projectRoot } = await withRuntime(flags, [], context, (runtime) =>
    untilAborted(
      (async () => {
        const found = await passageAt(flags.place, null, runtime, context);
        return { passage: found, projectRoot: runtime.environment.projectRoot };
      })(),
      context.signal,
    ),
  );
  const { showFile, showText } = await import("../viewer/show.ts");
  const screen = context.output.options.json ? 2 : 1;
  if (passage.startLine === null) {
    context.output.notice(
      `${passage.source} has no lines that an editor could show: this is its text in the collection`,
    );
    await showText(`${terminalText(passage.text)}\n`, context.variables, screen);
  } else {
    await showFile(await fileOf(passage, projectRoot), passage.startLine, context.variables, screen);
  }
  await renderOpened(passage, context.output);
  return ExitCode.done;
}

/**
 * The file of a passage. A collection may have come from elsewhere, and its sources may name anything: only what lies in
 * the project is opened.
 */
async function fileOf({ source }: Pick<ReadPassage, "source">, projectRoot: string): Promise<string> {
  const file = path.resolve(projectRoot, source);
  if (!(await leadsInto(projectRoot, file))) {
    throw new UserError("outside-project", `${source} is not in the project ${projectRoot}`, {
      hint: `rag get ${source} prints what the collection has of it`,
    });
  }
  const found = await stat(file).catch(() => null);
  if (found?.isFile()) return file;
  throw new UserError("file-not-found", `the file ${file} is not there any more`, {
    hint: `rag get ${source} prints what the collection has of it`,
    exitCode: ExitCode.no,
  });
}
