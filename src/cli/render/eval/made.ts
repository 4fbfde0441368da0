import { counted } from "../format.ts";
import type { MadeSetDocument } from "../documents.ts";
import type { Output } from "../output.ts";
import { terminalText } from "../terminal-text.ts";

/** A set of questions that was written. */
export interface MadeSet {
  set: string;
  collection: string;
  questions: number;
  /** Questions that were asked for. */
  wanted: number;
  model: string;
}

export async function renderMade(made: MadeSet, output: Output): Promise<void> {
  if (output.options.json) return output.writeJson<MadeSetDocument>(made);
  const { set, collection, questions, wanted } = made;
  const fewer = questions < wanted ? `, as many of ${wanted} as the collection gives` : "";
  const line = `wrote ${counted(questions, "question")} about collection ${collection} to ${set}${fewer}\n`;
  if (!output.options.quiet) await output.results.write(terminalText(line));
  output.notice(`read them through and mend what is wrong, then: rag eval ${terminalText(set)}`);
}
