import type { PlannedAnswer } from "../../pipeline/ask/dry-run.ts";
import type { PlannedAnswerDocument } from "./documents.ts";
import type { Output } from "./output.ts";
import { terminalText } from "./terminal-text.ts";

/** Prints the prompt that a model would be sent, message by message, and about how many tokens it has. */
export async function renderPlannedAnswer(
  { question, model, messages, tokens, hits }: PlannedAnswer & { model: string },
  output: Output,
): Promise<void> {
  const { results, options } = output;
  if (options.json) return output.writeJson<PlannedAnswerDocument>({ question, model, messages, tokens, hits });
  const { bold } = results.colors;
  const shown = messages.map(({ role, content }) => `${bold(`${role}:`)}\n${terminalText(content)}\n`);
  await results.write(shown.join("\n"));
  output.notice(`about ${tokens} tokens for ${model}; nothing was sent`);
}
