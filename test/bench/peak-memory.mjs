// Loaded into a measured process with --import: leaves its peak memory in a file when it ends.
import { readFileSync, writeFileSync } from "node:fs";

process.on("exit", () => writeFileSync(process.env.RAG_BENCH_PEAK_FILE, String(peakBytes())));

/** Of this program alone where the system tells: `maxRSS` counts what the parent had when it forked, too. */
function peakBytes() {
  try {
    const [, kilobytes] = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync("/proc/self/status", "utf8")) ?? [];
    if (kilobytes !== undefined) return Number(kilobytes) * 1024;
  } catch {
    // Not Linux.
  }
  return process.resourceUsage().maxRSS * 1024;
}
