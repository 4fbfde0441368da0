import { mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { isAlive, processIdentity } from "../files/process-identity.ts";
import { cacheFolder } from "../files/user-folders.ts";
import type { Store } from "../stores/types.ts";
import { shortHash } from "../util/ids.ts";
import { shellWord } from "./arguments/suggested-commands.ts";
import type { CommandContext } from "./context.ts";

/** What an ingest that runs leaves for the next search, in case that it does not come to its end. */
interface Mark {
  identity: string;
  /** As given in `folder`. */
  paths: string[];
  /** Absolute; `null` in a mark of an earlier version. */
  folder: string | null;
}

/** A collection, wherever it is: an address, or an absolute path. */
interface Target {
  location: string;
  collection: string;
}

type Where = Pick<CommandContext, "variables" | "workingDirectory">;

/** A collection by a location that is the same from every folder. */
export function targetOf(
  { kind, location }: Pick<Store, "kind" | "location">,
  collection: string,
  projectRoot: string,
): Target {
  return { location: kind === "milvus" ? location : path.resolve(projectRoot, location), collection };
}

/**
 * Marks that an ingest into a collection has begun, in the user's own folder: a store of any kind can be written to, and a
 * process that is killed cannot say anything. Returns what takes the mark back, with those of earlier ingests that never
 * ended. Where nothing can be written, there is no mark.
 */
export async function markIngest(target: Target, paths: readonly string[], where: Where): Promise<() => Promise<void>> {
  const folder = folderOf(target, where);
  const mark: Mark = { identity: processIdentity(), paths: [...paths], folder: where.workingDirectory };
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await writeFile(path.join(folder, mark.identity), JSON.stringify(mark), { mode: 0o600 });
  } catch {
    return async () => {};
  }
  return async () => {
    // Named by their processes; one that was killed while it wrote its mark left half of it.
    const dead = (await readdir(folder)).filter((identity) => isAlive(identity) !== "alive");
    const over = [mark.identity, ...dead].map((identity) => rm(path.join(folder, identity), { force: true }));
    await Promise.allSettled(over);
  };
}

/** What to tell a person of an ingest on this machine that did not come to its end; `null` where all did. */
export async function unfinishedIngest(target: Target, where: Where): Promise<string | null> {
  const marks = await readMarks(folderOf(target, where));
  const dead = marks.find(({ identity }) => isAlive(identity) === "dead");
  if (dead === undefined || marks.some(({ identity }) => isAlive(identity) === "alive")) return null;
  const paths = dead.paths.map((name) => shellWord(fromHere(name, dead.folder, where.workingDirectory))).join(" ");
  // Several collections may be searched, and another one be configured: the command names its own.
  return `the last ingest of ${target.collection} did not finish: run rag ingest -c ${target.collection} ${paths || "again"}`;
}

/** A path as it is written in another folder than the one it was given in. */
function fromHere(name: string, given: string | null, here: string): string {
  if (given === null || given === here || name === "-" || path.isAbsolute(name) || /^https?:/i.test(name)) return name;
  return path.relative(here, path.resolve(given, name)) || ".";
}

/** Without a mark, this is one look at a folder that does not exist. */
async function readMarks(folder: string): Promise<Mark[]> {
  const names = await readdir(folder).catch(() => []);
  const marks = await Promise.all(names.map((name) => readMark(path.join(folder, name), name)));
  return marks.flatMap((mark) => (mark === null ? [] : [mark]));
}

async function readMark(file: string, identity: string): Promise<Mark | null> {
  try {
    const { paths, folder } = JSON.parse(await readFile(file, "utf8")) as Partial<Mark>;
    return {
      identity,
      paths: Array.isArray(paths) ? paths.map(String) : [],
      folder: typeof folder === "string" ? folder : null,
    };
  } catch {
    return null;
  }
}

function folderOf({ location, collection }: Target, { variables }: Pick<Where, "variables">): string {
  return path.join(cacheFolder(variables), "unfinished", shortHash(`${location}\n${collection}`));
}
