import path from "node:path";
import type { Survey } from "../../../pipeline/init/survey.ts";
import { shellWord } from "../../arguments/suggested-commands.ts";
import { counted } from "../format.ts";
import type { InitDocument } from "../documents.ts";
import type { Output } from "../output.ts";
import { terminalText } from "../terminal-text.ts";

/** Extensions that are named one by one. */
const named = 5;

/** What was found, before the questions. */
export async function showSurvey({ files, keys, milvus, ollama, python }: Survey, output: Output): Promise<void> {
  if (output.options.quiet) return;
  const total = files.reduce((sum, { count }) => sum + count, 0);
  const kinds = files.slice(0, named).map(({ extension, count }) => `${count} ${extension}`);
  const around = [
    milvus ? "a Milvus server on this machine" : null,
    ollama ? "Ollama on this machine" : null,
    python ? "Python, so Milvus Lite can run" : null,
    ...keys.map(({ variable }) => `a key in ${variable}`),
  ].filter((line) => line !== null);
  const documents = total === 0 ? "no documents" : `${counted(total, "document")} (${kinds.join(", ")})`;
  await output.messages.writeProse(`${terminalText(`found: ${[documents, ...around].join("; ")}`)}\n\n`);
}

/**
 * What was written, and what comes next; with `--json` one document: `{"file","settings","found"}`. `hasSchema`: whether
 * the file that `$schema` names is there.
 */
export async function renderInit(
  { file, settings, found }: { file: string; settings: object; found: Survey },
  hasSchema: boolean,
  output: Output,
): Promise<void> {
  if (output.options.json) return output.writeJson<InitDocument>({ file, settings, found });
  const { mainFolder } = found;
  const next = [`rag ingest ${terminalText(shellWord(mainFolder))}`, 'rag ask "…"', "rag doctor"];
  await output.results.write(`wrote ${path.basename(file)}\n\nnext:\n${next.map((line) => `  ${line}\n`).join("")}`);
  if (!hasSchema) {
    output.notice("editors read what $schema names once milvus-rag is installed as a package of this project");
  }
}
