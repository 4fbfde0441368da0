import path from "node:path";
import type { Environment } from "../../config/environment.ts";

/**
 * The names that a document can have in a collection where a person writes its path, the likeliest first: from the
 * working folder, then as it is written, which is how hits and citations name it.
 */
export function sourceNames(
  written: string,
  { projectRoot, workingDirectory }: Pick<Environment, "projectRoot" | "workingDirectory">,
): string[] {
  const fromRoot = path.relative(projectRoot, path.resolve(workingDirectory, written));
  const asStored = written.replace(/^(?:\.[\\/])+/, "");
  return [...new Set([slashes(fromRoot), asStored, slashes(asStored)])];
}

function slashes(name: string): string {
  return path.sep === "/" ? name : name.replaceAll(path.sep, "/");
}
