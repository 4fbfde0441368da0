import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

let collect: (() => void) | null = null;

/**
 * Gives unused memory back now: some tens of milliseconds. V8 lets garbage lie as long as its own heap may grow, and
 * does not see what a native library needs beside it. The function is only there where the flag is set, and a context
 * that is made later has it.
 */
export function collectGarbage(): void {
  if (collect === null) {
    setFlagsFromString("--expose-gc");
    collect = runInNewContext("gc") as () => void;
  }
  collect();
}
