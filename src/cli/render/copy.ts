import type { CopyProgress, CopyResult } from "../../pipeline/copy/copy.ts";
import type { StoreKind } from "../../stores/types.ts";
import { folderAddress } from "../../addresses/store-address.ts";
import { counted, formatCount, formatDuration } from "./format.ts";
import type { CopyDocument } from "./documents.ts";
import type { Output } from "./output.ts";
import { terminalText } from "./terminal-text.ts";

interface CopyEnd {
  kind: StoreKind;
  location: string;
  collection: string;
}

export interface CopyReport {
  from: CopyEnd;
  to: CopyEnd;
  result: CopyResult;
  durationMs: number;
}

export async function renderCopy({ from, to, result, durationMs }: CopyReport, output: Output): Promise<void> {
  const { documents, chunks, failures } = result;
  for (const { source, message } of failures) output.notice(`${terminalText(source)} is left out: ${message}`);
  if (output.options.json) {
    return output.writeJson<CopyDocument>({ from, to, chunks: chunks.total, verified: true, failures, durationMs });
  }
  const lines = [
    `copied ${counted(documents.copied, "document")}, ${counted(chunks.written, "chunk")} in ${formatDuration(durationMs)}`,
    ...(documents.present === 0
      ? []
      : [`${counted(documents.present, "document")} ${documents.present === 1 ? "was" : "were"} there already`]),
    `from ${from.collection} (${from.location}) to ${to.collection} (${to.location})`,
    `verified: ${counted(documents.total, "document")} and ${counted(chunks.total, "chunk")} on both sides, ${formatCount(chunks.compared)} of them compared and equal`,
  ];
  if (!output.options.quiet) await output.results.write(`${lines.join("\n")}\n`);
  output.notice(`to use the copy, ${howToUse(from, to)}`);
}

function howToUse(from: CopyEnd, { kind, location, collection }: CopyEnd): string {
  if (kind === from.kind && location === from.location) return `name it: rag search "…" -c ${collection}`;
  const uri = kind === "embedded" ? folderAddress(location) : location;
  return `set milvus.uri in .ragrc, or try: rag search "…" --uri ${uri} -c ${collection}`;
}

/** `12,000 of 100,000 chunks · 1,450 chunks/s · 1 min 1 s left` */
export function describeCopy(progress: CopyProgress, elapsedMs: number): string {
  const { chunksPresent, chunksTotal, chunksWritten } = progress;
  switch (progress.stage) {
    case "comparing":
      return "comparing the two collections";
    case "optimizing":
      return "bringing the indexes up to date";
    case "verifying":
      return "verifying the copy";
    case "copying": {
      const done = chunksPresent + chunksWritten;
      const parts = [`${formatCount(done)} of ${counted(chunksTotal, "chunk")}`];
      if (chunksWritten > 0 && elapsedMs > 0) {
        parts.push(`${formatCount(Math.round((chunksWritten / elapsedMs) * 1000))} chunks/s`);
        if (done < chunksTotal) {
          parts.push(`${formatDuration((elapsedMs / chunksWritten) * (chunksTotal - done))} left`);
        }
      }
      return parts.join(" · ");
    }
  }
}
