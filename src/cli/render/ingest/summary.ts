import type { IngestPlan } from "../../../pipeline/ingest/plan.ts";
import type { LeftOut } from "../../../pipeline/discover/discover.ts";
import type { IngestResult } from "../../../pipeline/ingest/ingest-tally.ts";
import type { StoreKind } from "../../../stores/types.ts";
import { terminalText } from "../terminal-text.ts";
import { counted, formatCount, formatDuration } from "../format.ts";
import { renderPlan } from "./plan.ts";
import type { IngestDocument } from "../documents.ts";
import type { Output } from "../output.ts";

/** What `rag ingest` did: its JSON document. */
export interface IngestReport extends Omit<IngestResult, "pruneRefused" | "refusal" | "planned"> {
  collection: string;
  store: { kind: StoreKind; location: string };
  /** Files in folders whose format nobody loads; not set where there are none. */
  leftOut?: readonly LeftOut[];
  /** Of `--dry-run`. */
  plan?: IngestPlan;
  durationMs: number;
}

export interface IngestView {
  /** Nothing was written. */
  dryRun: boolean;
  /** The question was whether the collection is up to date. */
  check: boolean;
  /** The collection does not exist, and the ingest had no reason to create it. */
  isMissing: boolean;
  /** Nothing was written, and the same without `--check` or `--dry-run` would be refused for how much is gone. */
  pruneRefused: boolean;
}

/** Failures and warnings are listed up to this many, and counted beyond. */
const maxListed = 20;

/** Extensions that are named in the summary at most. */
const maxExtensions = 8;

export async function renderIngest(report: IngestReport, view: IngestView, output: Output): Promise<void> {
  if (output.options.json) {
    return output.writeJson<IngestDocument>({ ...report, warnings: [...report.warnings, ...remarks(report, view)] });
  }
  const { failures, warnings } = report;
  for (const warning of warnings.slice(0, maxListed)) output.warn(terminalText(warning));
  if (warnings.length > maxListed) output.warn(`${warnings.length - maxListed} more warnings; --json lists them all`);
  for (const failure of failures.slice(0, maxListed)) {
    output.failure(`${terminalText(failure.source)}: ${terminalText(failure.message)}`);
  }
  if (failures.length > maxListed)
    output.failure(`${failures.length - maxListed} more failures; --json lists them all`);
  if (!output.options.quiet) {
    await output.results.writeProse(summary(report, view));
    if (report.plan !== undefined) await renderPlan(report.plan, output.results);
  }
  for (const advice of whatNext(report, view)) output.notice(advice);
}

function summary(report: IngestReport, view: IngestView): string {
  const { collection, documents, chunks, durationMs, store } = report;
  const { dryRun } = view;
  const changes = (["added", "changed", "unchanged", "removed", "failed", "empty"] as const)
    .filter((outcome) => documents[outcome] > 0)
    .map((outcome) => `${formatCount(documents[outcome])} ${(dryRun && planned[outcome]) || outcome}`);
  const written = [
    chunks.written > 0 ? `${counted(chunks.written, "chunk")} ${dryRun ? "to write" : "written"}` : "",
    chunks.embedded > 0 ? `${formatCount(chunks.embedded)} ${dryRun ? "to embed" : "embedded"}` : "",
    chunks.reused > 0
      ? `${formatCount(chunks.reused)} vectors ${dryRun ? "to reuse" : "reused"}${ofCache(chunks)}`
      : "",
    chunks.deleted > 0 ? `${counted(chunks.deleted, "chunk")} ${dryRun ? "to delete" : "deleted"}` : "",
    report.tokens === null ? "" : counted(report.tokens, "token"),
  ].filter((part) => part !== "");
  const lines = [
    `${counted(documents.found, "document")}: ${changes.join(", ") || "nothing to do"}`,
    ...(written.length === 0 ? [] : [written.join(", ")]),
    `${prepositionOf(view)} collection ${collection} (${store.location}), ${formatDuration(durationMs)}`,
  ];
  return `${lines.join("\n")}\n`;
}

/** How many of the vectors are from the cache, where there are some. */
function ofCache({ cached = 0 }: IngestReport["chunks"]): string {
  return cached === 0 ? "" : ` (${formatCount(cached)} from the cache)`;
}

/** Words for the outcomes of a dry run. */
const planned: Partial<Record<keyof IngestReport["documents"], string>> = {
  added: "to add",
  changed: "to change",
  removed: "to remove",
};

/** How the line that names the collection begins. */
function prepositionOf({ dryRun, isMissing }: IngestView): string {
  if (dryRun) return "nothing was written to";
  return isMissing ? "there is nothing to write, so there is no" : "in";
}

/** Warnings of `--json` that people see as notes. */
function remarks({ leftOut = [] }: IngestReport, { pruneRefused }: IngestView): string[] {
  const files = leftOut.reduce((sum, { files }) => sum + files, 0);
  return [
    ...(files > 0 ? [`${counted(files, "file")} of other formats left out`] : []),
    ...(pruneRefused ? ["most documents are gone: they will not be removed without --prune"] : []),
  ];
}

/** `12 .key, 3 .svg`; the rarest extensions together. */
function extensionList(leftOut: readonly LeftOut[]): string {
  const named = leftOut.length > maxExtensions + 1 ? leftOut.slice(0, maxExtensions) : leftOut;
  const others = leftOut.slice(named.length).reduce((sum, { files }) => sum + files, 0);
  const parts = named.map(({ extension, files }) => `${formatCount(files)} ${terminalText(extension)}`);
  return [...parts, ...(others > 0 ? [`${formatCount(others)} others`] : [])].join(", ");
}

/** What `--check` found. A file that cannot be read may differ from what is stored, or not. */
function verdict({ added, changed, removed, failed }: IngestReport["documents"], { pruneRefused }: IngestView): string {
  if (pruneRefused) {
    return "the collection is out of date; run the same with --prune in place of --check, or with --no-prune to keep what is gone";
  }
  if (added + changed + removed > 0) return "the collection is out of date; run the same without --check";
  if (failed === 0) return "the collection is up to date";
  return `nothing else has changed, but whether the collection holds what failed is not known; mend ${failed === 1 ? "the file" : "the files"}, or leave ${failed === 1 ? "it" : "them"} out with --exclude`;
}

function whatNext(report: IngestReport, view: IngestView): string[] {
  const { documents, failures, leftOut = [] } = report;
  const [first, ...others] = remarks(report, view);
  const advice =
    first === undefined ? [] : [leftOut.length > 0 ? `${first}: ${extensionList(leftOut)}` : first, ...others];
  if (view.check) return [...advice, verdict(documents, view)];
  const tooLong = failures.filter(({ code }) => code === "not-embedded").length;
  if (failures.length > tooLong && view.dryRun) advice.push("what failed would be left out; mend the files first");
  if (failures.length > tooLong && !view.dryRun) {
    advice.push("what failed was left out; mend the files and run the same command again: what is done stays done");
  }
  if (tooLong > 0) {
    advice.push(
      `${counted(tooLong, "document")} left out for a passage that the embedding model does not take; shorter passages: --max-chars`,
    );
  }
  if (!view.dryRun && documents.added > 0) advice.push('try: rag search "…", or rag ask "…"');
  return advice;
}
