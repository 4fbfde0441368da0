import type { Output } from "../render/output.ts";

/** The output, which gives each notice and each warning once in the course of many questions. */
export function sayingOnce(output: Output): Output {
  const said = new Set<string>();
  const once = (say: (text: string) => void) => (text: string) => {
    if (!said.has(text)) say(text);
    said.add(text);
  };
  return { ...output, warn: once(output.warn), notice: once(output.notice) };
}
