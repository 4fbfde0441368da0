import path from "node:path";
import type { Environment } from "../../config/environment.ts";
import { UserError, messageOf } from "../../errors.ts";
import { readRegularText } from "../../files/read-regular-file.ts";
import { leadsInto } from "../../files/real-path.ts";

/** A prompt has some thousands of characters, and is sent with every question. */
const maxPromptBytes = 1_000_000;

/** A prompt template as it was named, and its text. */
export interface PromptFile {
  name: string;
  text: string;
}

/**
 * The template that `--prompt` (from the working folder) or else `ask.prompt` (from the configuration file) names;
 * `null` where neither does. Throws `UserError`: `path-not-found`, or `invalid-prompt` where a configuration that came
 * with a project names a file outside of the project, since the text is sent to a model.
 */
export async function readPromptFile(
  flag: string | undefined,
  setting: string | undefined,
  { configIsTrusted, projectRoot, workingDirectory }: Environment,
): Promise<PromptFile | null> {
  const name = flag ?? setting;
  if (name === undefined) return null;
  const isFlag = flag !== undefined;
  const file = path.resolve(isFlag ? workingDirectory : projectRoot, name);
  try {
    if (!isFlag && !configIsTrusted) await refuseOutside(projectRoot, file, name);
    return { name, text: await readRegularText(file, maxPromptBytes) };
  } catch (error) {
    if (error instanceof UserError && error.code === "invalid-prompt") throw error;
    throw new UserError("path-not-found", `cannot read the prompt ${name}: ${messageOf(error)}`, {
      hint: "--prompt is relative to the working folder, ask.prompt to the configuration file",
      cause: error,
    });
  }
}

async function refuseOutside(folder: string, file: string, name: string): Promise<void> {
  if (await leadsInto(folder, file)) return;
  throw new UserError("invalid-prompt", `ask.prompt of the project names a file outside of it: ${name}`, {
    hint: "move the file into the project, or name it yourself with --prompt",
  });
}
