import { readFileSync } from "node:fs";

/** The version, which the build puts here; not there where the sources are run as they are. */
declare const BUILT_VERSION: string | undefined;

/** The tool's version, from its package.json. */
export function toolVersion(): string {
  if (typeof BUILT_VERSION === "string") return BUILT_VERSION;
  const manifest = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(manifest) as { version: string }).version;
}
