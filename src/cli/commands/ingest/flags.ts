import type { Override } from "../../../config/load.ts";
import type { Metadata } from "../../../types.ts";
import { type CommonFlags, given } from "../../arguments/flags.ts";
import type { CommandContext } from "../../context.ts";
import type { Runtime } from "../../runtime.ts";

export interface IngestFlags extends CommonFlags {
  paths: string[];
  filesFrom?: string;
  include: string[];
  exclude: string[];
  strategy?: string;
  maxChars?: number;
  overlapChars?: number;
  separator?: string;
  metadata: Metadata;
  recreate?: boolean;
  project?: string;
  /** Seconds; `true`: as long as it takes. */
  wait?: number | true;
  /** `true`: `--prune`, `false`: `--no-prune`; not set: what is gone is removed unless that looks like a mistake. */
  prune?: boolean;
  dryRun?: boolean;
  check?: boolean;
  watch?: boolean;
  /** In USD. */
  maxCost?: number;
  maxTokens?: number;
  concurrency?: number;
  failFast?: boolean;
  followLinks?: boolean;
  encoding?: string;
  pdfPassword?: string;
}

/** The settings that the flags stand for. */
export function ingestOverrides(flags: IngestFlags): Override[] {
  return given([
    ["chunking.strategy", flags.strategy, "--strategy"],
    ["chunking.maxChars", flags.maxChars, "--max-chars"],
    ["chunking.overlapChars", flags.overlapChars, "--overlap-chars"],
    ["chunking.separator", flags.separator, "--separator"],
    ["embedding.concurrency", flags.concurrency, "--concurrency"],
    ["project", flags.project, "--project"],
    ["ingest.encoding", flags.encoding, "--encoding"],
    ["ingest.followLinks", flags.followLinks, "--follow-links"],
  ]);
}

/** Tells which of the given chunking flags the strategy ignores. */
export async function noticeUnused(flags: IngestFlags, runtime: Runtime, { output }: CommandContext): Promise<void> {
  const given = [
    ["--max-chars", "maxChars", flags.maxChars],
    ["--overlap-chars", "overlapChars", flags.overlapChars],
    ["--separator", "separator", flags.separator],
  ] as const;
  const { name, uses } = await runtime.chunker();
  for (const [flag, option, value] of given) {
    if (value === undefined || uses.includes(option)) continue;
    const advice = option === "separator" ? "; it is for --strategy separator" : "";
    output.notice(`${flag} has no effect: documents are split by the strategy ${name}${advice}`);
  }
}
