import type { CommandContext } from "../../context.ts";
import { readLine } from "../confirm.ts";
import { terminalText } from "../terminal-text.ts";

/**
 * Asks for one of several values by its number; the first is taken where the line is empty, and at the end of the input.
 * Where there is one only, it is shown and taken.
 */
export async function choose<Value>(
  question: string,
  choices: readonly { value: Value; label: string }[],
  { stdin, output, signal }: CommandContext,
): Promise<Value> {
  const [only, ...others] = choices;
  if (only !== undefined && others.length === 0) {
    await output.messages.writeProse(`${question}\n  ${only.label}\n`);
    return only.value;
  }
  const lines = choices.map(({ label }, index) => `  ${index + 1}) ${label}\n`).join("");
  await output.messages.writeProse(`${question}\n${lines}`);
  for (;;) {
    await output.messages.write(`1–${choices.length} [1]: `);
    const line = signal.aborted ? null : await readLine(stdin, signal);
    // Ctrl-C and Ctrl-D leave the cursor behind the question.
    if (line === null) await output.messages.write("\n");
    signal.throwIfAborted();
    const picked = choices[line === null || line.trim() === "" ? 0 : Number(line) - 1];
    if (picked !== undefined) return picked.value;
    await output.messages.writeProse(`"${terminalText(line ?? "")}" is none of them\n`);
  }
}
