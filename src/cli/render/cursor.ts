import { writeSync } from "node:fs";

const showSequence = "\u001B[?25h";

/** Shows the cursor, which a progress line has hidden, before the process ends at once. */
export function showCursor(): void {
  if (!process.stderr.isTTY) return;
  try {
    writeSync(process.stderr.fd, showSequence);
  } catch {
    // The terminal is gone.
  }
}
