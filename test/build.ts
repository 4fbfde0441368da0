import { execFileSync } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "rolldown";
import { bundle } from "../.build/rolldown.config.ts";
import { builtFixtures, compiledFolder } from "./fixtures/built.ts";

/**
 * Builds the tool once before the tests, and with it the scripts that run a part of it as a process of their own. Where
 * `RAG_TEST_BUILT` is set, the tool is built already, and may be in use.
 */
export async function setup(): Promise<void> {
  const root = fileURLToPath(new URL("..", import.meta.url));
  if (!process.env["RAG_TEST_BUILT"])
    execFileSync("npm", ["run", "--silent", "build"], { cwd: root, stdio: "inherit" });
  const scripts = Object.fromEntries(builtFixtures.map((name) => [name, `test/fixtures/${name}.mjs`]));
  await build(bundle(scripts, "dist-test", "esm"));
  await mkdir(compiledFolder, { recursive: true, mode: 0o700 });
}
