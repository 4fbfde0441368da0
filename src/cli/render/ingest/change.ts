import { relative } from "node:path";
import type { UserError } from "../../../errors.ts";
import type { Changes } from "../../../pipeline/watch/changes.ts";
import { counted, formatCount, formatDuration } from "../format.ts";
import type { IngestDocument } from "../documents.ts";
import type { Output } from "../output.ts";
import { terminalText } from "../terminal-text.ts";
import type { IngestReport } from "./summary.ts";

/** Failures that are listed for one change at most. */
const maxListed = 20;

/** Writes one line for what changed together, or one JSON document; nothing where the collection stayed as it was. */
export async function renderChange(
  report: IngestReport,
  changes: Changes,
  workingDirectory: string,
  output: Output,
): Promise<void> {
  const { documents, chunks, failures, warnings } = report;
  const outcomes = (["added", "changed", "removed", "failed", "empty"] as const).filter((name) => documents[name] > 0);
  if (outcomes.length === 0) return;
  if (output.options.json) return output.writeJson<IngestDocument>(report);
  for (const warning of warnings.slice(0, maxListed)) output.warn(terminalText(warning));
  for (const { source, message } of failures.slice(0, maxListed)) {
    output.failure(`${terminalText(source)}: ${terminalText(message)}`);
  }
  if (output.options.quiet) return;
  const what = outcomes.map((name) => `${formatCount(documents[name])} ${name}`);
  const written = chunks.written === 0 ? [] : [counted(chunks.written, "chunk")];
  const took = [...written, formatDuration(report.durationMs)].join(", ");
  await output.results.write(`${timeOfDay()}  ${what.join(", ")}: ${subject(changes, workingDirectory)} (${took})\n`);
}

/** Tells that changes were not ingested, and that the watching goes on. */
export async function renderRefusal({ code, message, hint }: UserError, output: Output): Promise<void> {
  if (output.options.json) return output.error({ code, message, hint });
  output.failure(`${timeOfDay()}  ${message}${hint === null ? "" : `; ${hint}`}`);
}

/** The file as a path from the working folder, where it is one; else how many there are. */
function subject({ changed, gone }: Changes, workingDirectory: string): string {
  const paths = [...changed, ...gone];
  const [only] = paths;
  if (paths.length === 1 && only !== undefined) return terminalText(relative(workingDirectory, only));
  return paths.length === 0 ? "all that was named" : counted(paths.length, "file");
}

function timeOfDay(): string {
  return new Date().toTimeString().slice(0, 8);
}
