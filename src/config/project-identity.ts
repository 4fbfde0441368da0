import { readFile, realpath } from "node:fs/promises";
import { hostname } from "node:os";
import { basename } from "node:path";
import { gitFolder } from "../files/git/remote.ts";
import { shortHash } from "../util/ids.ts";
import type { Environment } from "./environment.ts";
import type { Config } from "./schema.ts";

/** What tells one project from another where they share a store. */
export interface ProjectIdentity {
  /** Holds on every machine: the setting `project`, or the git remote with the folder in the repository. */
  portable: string | null;
  /** Holds for this folder on this machine. */
  local: string;
  /** `portable` is the user's own word. */
  isNamed: boolean;
}

export async function projectIdentity(
  { project }: Pick<Config, "project">,
  { projectRoot }: Pick<Environment, "projectRoot">,
): Promise<ProjectIdentity> {
  const root = await realpath(projectRoot).catch(() => projectRoot);
  const local = `${basename(root) || "root"}-${shortHash(`${await machineId()} ${root}`).slice(0, 12)}`;
  if (project !== undefined) return { portable: project, local, isNamed: true };
  const git = await gitFolder(root);
  if (git === null) return { portable: null, local, isNamed: false };
  return { portable: git.path === "" ? git.remote : `${git.remote}:${git.path}`, local, isNamed: false };
}

/** See machine-id(5); the host's name where there is none. */
async function machineId(): Promise<string> {
  const id = await readFile("/etc/machine-id", "utf8").catch(() => "");
  return id.trim() || hostname();
}
