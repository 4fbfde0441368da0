import { readFileSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Plugin } from "rolldown";

interface Manifest {
  name: string;
  version: string;
  license?: string | { type: string };
  author?: string | { name: string };
}

const licenceFiles = /^(?:licen[cs]e|copying|notice|third-party)/i;
const separator = `\n${"-".repeat(80)}\n\n`;

/**
 * Writes a file with the name, version, licence and notices of every package whose code is in the bundles, and of those in
 * the folders of `copied`, whose files are beside them.
 */
export function thirdPartyNotice(fileName: string, copied: readonly string[]): Plugin {
  return {
    name: "third-party-notice",
    generateBundle(_, outputs) {
      const modules = Object.values(outputs).flatMap((output) =>
        output.type === "chunk" ? Object.keys(output.modules) : [],
      );
      const folders = new Set([...copied, ...modules.flatMap((id) => packageFolder(id) ?? [])]);
      const notices = [...folders].map(noticeOf).sort();
      const source = ["The files of this folder contain code of these packages.\n", ...notices].join(separator);
      this.emitFile({ type: "asset", fileName, source });
    },
  };
}

/** The folder of the package that a module is from; `null` for the project's own and for the bundler's. */
function packageFolder(id: string): string | null {
  const path = id.replace(/^\0/, "").replace(/\?.*$/, "");
  return /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(path.replaceAll("\\", "/"))?.[0] ?? null;
}

/** Throws where a package names no licence: it could not be distributed. */
function noticeOf(folder: string): string {
  const { name, version, license, author } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest;
  const licence = typeof license === "object" ? license.type : license;
  if (licence === undefined) throw new Error(`${name} in ${dirname(folder)} names no licence`);
  const by = typeof author === "object" ? author.name : author;
  const head = [`${name} ${version}`, `Licence: ${licence}`, ...(by === undefined ? [] : [`Author: ${by}`])].join("\n");
  const texts = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile() && licenceFiles.test(entry.name))
    .map((entry) => readFileSync(join(folder, entry.name), "utf8").trim());
  return `${[head, ...texts].join("\n\n")}\n`;
}
