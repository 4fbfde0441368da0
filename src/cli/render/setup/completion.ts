import { script } from "@bomb.sh/tab";
import type { CompletionRequest } from "../../completion/request.ts";
import type { Output } from "../output.ts";
import { completionScripts } from "./completion-scripts.ts";

export type Shell = "bash" | "zsh" | "fish" | "powershell";

/** What a shell does beside offering the candidates; the numbers are those of the scripts (and of Go's cobra). */
const directive = { files: 0, noSpaceNorFiles: 2 + 4, noFiles: 4 };

/** The library prints the script itself; its fish and PowerShell quote what they put on the command line. */
export async function renderScript(shell: Shell, { results }: Output): Promise<void> {
  if (shell === "bash" || shell === "zsh") return results.write(completionScripts[shell]);
  const print = console.log;
  const lines: string[] = [];
  console.log = (text: string) => void lines.push(text);
  try {
    script(shell, "rag", "rag");
  } finally {
    console.log = print;
  }
  await results.write(`${lines.join("\n")}\n`);
}

/** One candidate a line, a tab before its description; at the end a colon and the directive. */
export async function renderCandidates(
  { begun, kind }: CompletionRequest,
  candidates: readonly { value: string; description: string }[],
  { results }: Output,
): Promise<void> {
  const fitting = candidates.filter(({ value }) => value.startsWith(begun));
  // A tab or a line break in a name would be read as the end of the candidate.
  const lines = fitting
    .filter(({ value }) => !/[\t\r\n]/.test(value))
    .map(({ value, description }) => `${value}\t${description.replaceAll(/\s+/g, " ")}\n`);
  const then = kind === "file" ? directive.files : kind === "filter" ? directive.noSpaceNorFiles : directive.noFiles;
  await results.write(`${lines.join("")}:${then}\n`);
}
