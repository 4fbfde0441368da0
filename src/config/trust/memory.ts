import { randomUUID } from "node:crypto";
import { rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { makeFolder } from "../../files/make-folder.ts";
import { readRegularText } from "../../files/read-regular-file.ts";
import { settingsFolder } from "../../files/user-folders.ts";
import { isValues } from "../values.ts";

type Variables = Readonly<Record<string, string | undefined>>;

/** Bytes of the memory that are read; an answer takes about 150. */
const maxMemoryBytes = 4_000_000;

function memoryFile(variables: Variables): string {
  return path.join(settingsFolder(variables), "trusted.json");
}

/** The hash of each file's content that the user agreed to, by the file's absolute path; empty where it cannot be read. */
async function readAnswers(variables: Variables): Promise<Record<string, string>> {
  try {
    const answers: unknown = JSON.parse(await readRegularText(memoryFile(variables), maxMemoryBytes));
    if (!isValues(answers)) return {};
    return Object.fromEntries(
      Object.entries(answers).filter((entry): entry is [string, string] => typeof entry[1] === "string"),
    );
  } catch {
    return {};
  }
}

/** Whether the user has agreed to a file, as it is now, with `rag trust`. */
export async function isRemembered(file: string, hash: string, variables: Variables): Promise<boolean> {
  return (await readAnswers(variables))[file] === hash;
}

/** Remembers the user's answer; `null` forgets it. Returns the file that holds the answers. Throws the system's error. */
export async function remember(file: string, hash: string | null, variables: Variables): Promise<string> {
  const memory = memoryFile(variables);
  const { [file]: _, ...others } = await readAnswers(variables);
  const answers = hash === null ? others : { ...others, [file]: hash };
  await makeFolder(path.dirname(memory), { mode: 0o700 });
  const draft = `${memory}.${randomUUID()}`;
  try {
    await writeFile(draft, `${JSON.stringify(answers, null, 2)}\n`, { mode: 0o600, flag: "wx" });
    await rename(draft, memory);
  } finally {
    await rm(draft, { force: true });
  }
  return memory;
}
