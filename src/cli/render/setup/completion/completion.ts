import { readFile } from "node:fs/promises";
import type { CompletionRequest } from "../../../completion/request.ts";
import type { Output } from "../../output.ts";

export type Shell = "bash" | "zsh" | "fish" | "powershell";

/** What a shell does beside offering the candidates; the numbers are those of the scripts (and of Go's cobra). */
const directive = { files: 0, noSpaceNorFiles: 2 + 4, noFiles: 4 };

/**
 * The scripts of bash, zsh and fish are files beside this one. Those of the library evaluate the candidates, so that the
 * name of a document could run a command, and leave blanks in them unquoted; it has the script of PowerShell, which does not.
 */
export async function renderScript(shell: Shell, { results }: Output): Promise<void> {
  const script = shell === "powershell" ? await libraryScript(shell) : await readFile(ownScript(shell), "utf8");
  await results.write(script);
}

const ownScript = (shell: Exclude<Shell, "powershell">): URL => new URL(`./completion.${shell}`, import.meta.url);

/** The library prints the script itself. */
async function libraryScript(shell: "powershell"): Promise<string> {
  const { script } = await import("@bomb.sh/tab");
  const print = console.log;
  const lines: string[] = [];
  console.log = (text: string) => void lines.push(text);
  try {
    script(shell, "rag", "rag");
  } finally {
    console.log = print;
  }
  return `${lines.join("\n")}\n`;
}

/**
 * One candidate a line, a tab before its description; at the end a colon and the directive. `replaced`: the end of what was
 * begun that the shell replaces; the whole where it is not given.
 */
export async function renderCandidates(
  { begun, kind }: CompletionRequest,
  candidates: readonly { value: string; description: string }[],
  replaced: string | undefined,
  { results }: Output,
): Promise<void> {
  const kept = replaced !== undefined && begun.endsWith(replaced) ? begun.length - replaced.length : 0;
  const fitting = candidates.filter(({ value }) => value.startsWith(begun));
  // A tab or a line break in a name would be read as the end of the candidate.
  const lines = fitting
    .filter(({ value }) => !/[\t\r\n]/.test(value))
    .map(({ value, description }) => `${value.slice(kept)}\t${description.replaceAll(/\s+/g, " ")}\n`);
  const then = kind === "file" ? directive.files : kind === "filter" ? directive.noSpaceNorFiles : directive.noFiles;
  await results.write(`${lines.join("")}:${then}\n`);
}
