import { readFileSync } from "node:fs";

/** The tool's version, from its package.json. */
export function toolVersion(): string {
  const manifest = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(manifest) as { version: string }).version;
}
