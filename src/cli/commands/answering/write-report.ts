import { writeFile } from "node:fs/promises";
import path from "node:path";
import { ExitCode, UserError, messageOf } from "../../../errors.ts";

/**
 * Writes a file that was asked for by its name. Throws `UserError` `output-failed`; with `isNew`, also where the file is
 * there already.
 */
export async function writeReport(
  file: string,
  content: string,
  workingDirectory: string,
  { isNew = false }: { isNew?: boolean } = {},
): Promise<void> {
  try {
    await writeFile(path.resolve(workingDirectory, file), content, { flag: isNew ? "wx" : "w" });
  } catch (error) {
    const isThere = (error as NodeJS.ErrnoException).code === "EEXIST";
    throw new UserError(
      "output-failed",
      `cannot write ${file}: ${isThere ? "it is there already" : messageOf(error)}`,
      {
        hint: isThere ? "name another file" : "name a file in a folder that exists",
        exitCode: ExitCode.backend,
        cause: error,
      },
    );
  }
}
