import type { CommandContext } from "../../context.ts";
import { readLine } from "../confirm.ts";

/** Asks for one of several values by its number; the first is taken where the line is empty, and at the end of the input. */
export async function choose<Value>(
  question: string,
  choices: readonly { value: Value; label: string }[],
  { stdin, output, signal }: CommandContext,
): Promise<Value> {
  const lines = choices.map(({ label }, index) => `  ${index + 1}) ${label}\n`).join("");
  await output.messages.write(`${question}\n${lines}`);
  for (;;) {
    await output.messages.write(`1–${choices.length} [1]: `);
    const line = signal.aborted ? null : await readLine(stdin, signal);
    signal.throwIfAborted();
    if (line === null) await output.messages.write("\n");
    const picked = choices[line === null || line.trim() === "" ? 0 : Number(line) - 1];
    if (picked !== undefined) return picked.value;
  }
}
