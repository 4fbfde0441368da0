import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

/** Compiles `src` once before the tests: many of them run the tool, or a part of it, as a process of its own. */
export function setup(): void {
  execFileSync("npm", ["run", "--silent", "build"], {
    cwd: fileURLToPath(new URL("..", import.meta.url)),
    stdio: "inherit",
  });
}
