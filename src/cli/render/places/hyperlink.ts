import { hostname } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { isInside } from "../../../files/real-path.ts";
import type { Folders } from "../location.ts";
import type { Channel } from "../output.ts";

/** Makes a text that stands for a source a link to its file. */
export type LinkTo = (source: string, shown: string) => string;

/**
 * Links for a channel: hyperlinks (OSC 8, https://gist.github.com/egmontkob/eb114294efbcd5adb1944c9f3cb5feda) where a
 * person reads it in a terminal that knows them, and the text alone everywhere else.
 */
export async function linksFor(channel: Channel, { projectRoot }: Pick<Folders, "projectRoot">): Promise<LinkTo> {
  if (!(await channel.supportsLinks())) return (_, shown) => shown;
  return (source, shown) => {
    const file = path.resolve(projectRoot, source);
    // A source may name anything; only files of the project are linked to.
    if (/^[a-z][a-z0-9+.-]+:\/\//i.test(source) || !isInside(file, projectRoot)) return shown;
    return `\u001B]8;;${fileAddress(file)}\u0007${shown}\u001B]8;;\u0007`;
  };
}

/** With the machine's name, so that a terminal on another machine does not look among its own files. */
function fileAddress(file: string): string {
  const { href } = pathToFileURL(file);
  return process.platform === "win32" ? href : href.replace("file://", `file://${encodeURIComponent(hostname())}`);
}
