import { writeFile } from "node:fs/promises";
import path from "node:path";
import { ExitCode, UserError, messageOf } from "../../../errors.ts";
import { isInside, leadsInto } from "../../../files/real-path.ts";

/**
 * Writes a file that was asked for by its name. Throws `UserError` `output-failed`, with `isNew` also where the file is
 * there already, and `outside-project` as `refuseLeadingOut` does.
 */
export async function writeReport(
  file: string,
  content: string,
  workingDirectory: string,
  { isNew = false }: { isNew?: boolean } = {},
): Promise<void> {
  await refuseLeadingOut(file, workingDirectory);
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

/**
 * Throws `UserError` `outside-project` for a name in the working folder that a link takes out of it: a project that came
 * from elsewhere can have a link in the place of a report, to be written over by whoever makes one.
 */
export async function refuseLeadingOut(file: string, workingDirectory: string): Promise<void> {
  const place = path.resolve(workingDirectory, file);
  if (!isInside(place, workingDirectory) || (await leadsInto(workingDirectory, place))) return;
  throw new UserError("outside-project", `cannot write ${file}: a link takes it out of ${workingDirectory}`, {
    hint: "remove the link, or name the file that it leads to",
  });
}
