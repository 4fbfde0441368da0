import { basename, join, relative, resolve, sep } from "node:path";
import { commonGitFolder, maxGitBytes, repositoryTop } from "./repository.ts";
import { readRegularText } from "../read-regular-file.ts";

/** A folder of a git repository that has a remote. */
export interface GitFolder {
  /** `github.com/owner/name`, the same for every form of address: no scheme, user, password, port or `.git`. */
  remote: string;
  /** The folder inside the repository, with `/` between its parts; empty at its top. */
  path: string;
}

/**
 * The repository that a folder is in, by its configuration alone, without git: also for work trees and submodules, whose
 * `.git` is a file. The remote is `origin`, or else the only one there is. `null` where there is no repository, none of
 * its remotes has a host, or its configuration cannot be read.
 */
export async function gitFolder(folder: string): Promise<GitFolder | null> {
  const top = await repositoryTop(folder);
  if (top === null) return null;
  const repository = await commonGitFolder(top);
  const config =
    repository === null ? null : await readRegularText(join(repository, "config"), maxGitBytes).catch(() => null);
  const remote = config === null ? null : remoteIn(config);
  return remote === null ? null : { remote, path: relative(top, resolve(folder)).split(sep).join("/") };
}

function remoteIn(config: string): string | null {
  const remotes = remoteUrls(config);
  const only = remotes.size === 1 ? [...remotes.values()][0] : undefined;
  const url = remotes.get("origin") ?? only;
  return url === undefined ? null : normaliseRemote(url);
}

/** The first `url` of each section `[remote "name"]`; see git-config(1) for the syntax. */
function remoteUrls(config: string): Map<string, string> {
  const urls = new Map<string, string>();
  let remote: string | null = null;
  // A backslash at the end of a line continues it.
  for (const line of config.replaceAll(/\\\r?\n/g, "").split(/\r?\n/)) {
    let text = line.trim();
    const [header, section = "", name] = /^\[\s*([\w.-]+)(?:\s+"((?:[^"\\]|\\.)*)")?\s*\]/.exec(text) ?? [];
    if (header !== undefined) {
      remote = section.toLowerCase() === "remote" && name !== undefined ? name.replaceAll(/\\(.)/g, "$1") : null;
      text = text.slice(header.length).trim();
    }
    const [, value] = /^url\s*=(.*)$/i.exec(text) ?? [];
    if (remote !== null && value !== undefined && !urls.has(remote)) urls.set(remote, plainValue(value));
  }
  return urls;
}

/** A value without its quotes, its escapes and the comment after it. */
function plainValue(value: string): string {
  let plain = "";
  let quoted = false;
  for (let index = 0; index < value.length; index++) {
    const character = value[index] as string;
    if (character === "\\") plain += value[++index] ?? "";
    else if (character === '"') quoted = !quoted;
    else if (!quoted && (character === "#" || character === ";")) break;
    else plain += character;
  }
  return plain.trim();
}

/**
 * `ssh://git@host:22/owner/name.git`, `git@host:owner/name` and `https://user:token@host/owner/name/` are all
 * `host/owner/name`. `null` for a path, which names nothing on another machine.
 */
export function normaliseRemote(url: string): string | null {
  const [, withScheme, schemePath] =
    /^[a-z][a-z0-9+.-]*:\/\/(?:[^/]*@)?(\[[^\]]+\]|[^/:]+)(?::\d*)?\/+(.*)$/i.exec(url) ?? [];
  // A Windows path has a single letter before the colon, which no host has.
  const [, short, shortPath] = /^(?:[^/]{0,200}@)?(\[[^\]]{1,200}\]|[^/:]{2,200}):(?!\/\/)\/*(.*)$/.exec(url) ?? [];
  const [host, path] = withScheme === undefined ? [short, shortPath] : [withScheme, schemePath];
  if (host === undefined || path === undefined || /^file:/i.test(url)) return null;
  const [withoutQuery = ""] = path.split(/[?#]/);
  const name = withoutQuery
    .replace(/(?<!\/)\/+$/, "")
    .replace(/\.git$/i, "")
    .replaceAll(/\/{2,}/g, "/");
  return basename(name) === "" ? null : `${host.toLowerCase()}/${name}`;
}
