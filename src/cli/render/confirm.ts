import { createInterface } from "node:readline/promises";
import { UserError } from "../../errors.ts";
import type { CommandContext } from "../context.ts";

/** Asks on the terminal; an empty answer means no. Throws `UserError` `confirmation-required` without a terminal. */
export async function confirm(question: string, { stdin, output, signal }: CommandContext): Promise<boolean> {
  if (!stdin.isTTY || !output.messages.isTerminal) {
    throw new UserError("confirmation-required", "this needs a confirmation, and there is nobody to ask", {
      hint: "add --yes to go on without asking",
    });
  }
  await output.messages.write(`${question} [y/N] `);
  const answer = signal.aborted ? null : await readLine(stdin, signal);
  // Ctrl-C and Ctrl-D leave the cursor behind the question.
  if (answer === null) await output.messages.write("\n");
  return answer !== null && /^y(es)?$/i.test(answer.trim());
}

/** `null` where the input ends, or the signal comes, before a line does. */
export async function readLine(stdin: CommandContext["stdin"], signal: AbortSignal): Promise<string | null> {
  const lines = createInterface({ input: stdin });
  const stop = () => lines.close();
  signal.addEventListener("abort", stop, { once: true });
  try {
    for await (const line of lines) return line;
    return null;
  } finally {
    signal.removeEventListener("abort", stop);
    lines.close();
  }
}
