import type { IngestResult } from "../../pipeline/ingest-tally.ts";
import type { StoreKind } from "../../stores/types.ts";
import { terminalText } from "../../util/terminal-text.ts";
import { counted, formatDuration } from "./format.ts";
import type { Output } from "./output.ts";

/** What `rag ingest` did: its JSON document. */
export interface IngestReport extends IngestResult {
  collection: string;
  store: { kind: StoreKind; location: string };
  durationMs: number;
}

interface IngestView {
  /** Nothing was written. */
  dryRun: boolean;
  /** The question was whether the collection is up to date. */
  check: boolean;
  /** Files in folders whose format nobody loads. */
  skipped: number;
}

/** Failures and warnings are listed up to this many, and counted beyond. */
const maxListed = 20;

export async function renderIngest(report: IngestReport, view: IngestView, output: Output): Promise<void> {
  if (output.options.json) return output.writeJson(report);
  const { failures, warnings } = report;
  for (const warning of warnings.slice(0, maxListed)) output.warn(terminalText(warning));
  if (warnings.length > maxListed) output.warn(`${warnings.length - maxListed} more warnings; --json lists them all`);
  for (const failure of failures.slice(0, maxListed)) {
    output.failure(`${terminalText(failure.source)}: ${terminalText(failure.message)}`);
  }
  if (failures.length > maxListed)
    output.failure(`${failures.length - maxListed} more failures; --json lists them all`);
  if (!output.options.quiet) await output.results.write(summary(report, view));
  for (const advice of whatNext(report, view)) output.notice(advice);
}

function summary(report: IngestReport, view: IngestView): string {
  const { collection, documents, chunks, durationMs, store } = report;
  const changes = (["added", "changed", "unchanged", "removed", "failed", "empty"] as const)
    .filter((outcome) => documents[outcome] > 0)
    .map((outcome) => `${documents[outcome].toLocaleString("en-US")} ${outcome}`);
  const written = [
    chunks.written > 0 ? `${counted(chunks.written, "chunk")} written` : "",
    chunks.embedded > 0 ? `${chunks.embedded.toLocaleString("en-US")} embedded` : "",
    chunks.reused > 0 ? `${chunks.reused.toLocaleString("en-US")} vectors reused` : "",
    chunks.deleted > 0 ? `${counted(chunks.deleted, "chunk")} deleted` : "",
    report.tokens === null ? "" : counted(report.tokens, "token"),
  ].filter((part) => part !== "");
  const lines = [
    `${counted(documents.found, "document")}: ${changes.join(", ") || "nothing to do"}`,
    ...(written.length === 0 ? [] : [written.join(", ")]),
    `${view.dryRun ? "nothing was written to" : "in"} collection ${collection} (${store.location}), ${formatDuration(durationMs)}`,
  ];
  return `${lines.join("\n")}\n`;
}

/** What `--check` found. A file that cannot be read may differ from what is stored, or not. */
function verdict({ added, changed, removed, failed }: IngestReport["documents"]): string {
  if (added + changed + removed > 0) return "the collection is out of date; run the same without --check";
  if (failed === 0) return "the collection is up to date";
  return `nothing else has changed, but whether the collection holds what failed is not known; mend ${failed === 1 ? "the file" : "the files"}, or leave ${failed === 1 ? "it" : "them"} out with --exclude`;
}

function whatNext({ documents, failures }: IngestReport, view: IngestView): string[] {
  const advice: string[] = [];
  if (view.skipped > 0) advice.push(`${counted(view.skipped, "file")} of other formats left out`);
  if (view.check) return [...advice, verdict(documents)];
  if (failures.length > 0 && view.dryRun) advice.push("what failed would be left out; mend the files first");
  if (failures.length > 0 && !view.dryRun) {
    advice.push("what failed was left out; mend the files and run the same command again: what is done stays done");
  }
  if (!view.dryRun && documents.added > 0) advice.push('try: rag search "…", or rag ask "…"');
  return advice;
}
