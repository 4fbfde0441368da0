/**
 * Gives unused memory back to the system now: some tens of milliseconds. V8 lets garbage lie as long as its own heap may
 * grow, and does not see what a native library needs beside it. Asked in this way, within the process and without a
 * port, it returns the room of its young generation too, which the function `gc` keeps. Does nothing where Node was built
 * without an inspector or may not use it.
 */
export async function collectGarbage(): Promise<void> {
  try {
    const { Session } = await import("node:inspector");
    const session = new Session();
    session.connect();
    await new Promise((resolve) => session.post("HeapProfiler.collectGarbage", resolve));
    session.disconnect();
  } catch {
    // More memory is held for longer, and nothing is lost.
  }
}
