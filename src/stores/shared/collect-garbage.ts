/**
 * Gives unused memory back to the system now, which takes some tens of milliseconds. V8 collects garbage when its own
 * heap is full, and does not see what a native library needs beside it. The inspector is asked, within the process and
 * without a port, because it also returns the memory of the young generation, which the function `gc` keeps. Does
 * nothing where Node was built without an inspector or may not use it.
 */
export async function collectGarbage(): Promise<void> {
  try {
    // Not by an import: a bundle that has one is compiled anew in every run (src/cli/compiled-code.ts).
    const { Session } = process.getBuiltinModule("node:inspector");
    const session = new Session();
    session.connect();
    await new Promise((resolve) => session.post("HeapProfiler.collectGarbage", resolve));
    session.disconnect();
  } catch {
    // Memory is held for longer; nothing else is lost.
  }
}
