import { ExitCode, UserError } from "../errors.ts";
import { withKeptModels } from "./kept-models.ts";
import type { Runtime } from "./runtime.ts";

/** Keeps one runtime open over many calls, and replaces it after a call that a lost store or model failed. */
export interface Session {
  /** Runs one call. Calls may overlap; one that fails lets the others come to their end. */
  use<Result>(call: (runtime: Runtime) => Promise<Result>): Promise<Result>;
  /** Resolves as soon as no call is running. */
  idle(): Promise<void>;
  /** Gives back whatever is open; never throws. */
  close(): Promise<void>;
}

/** A runtime with the number of calls that use it; closed by the last one once it is to be replaced. */
interface Lease {
  opening: Promise<Runtime>;
  calls: number;
  isStale: boolean;
}

/** @param open connects to nothing yet; a failure is tried again by the next call */
export function createSession(open: () => Promise<Runtime>): Session {
  let current: Lease | null = null;
  const running = new Set<Promise<unknown>>();

  function lease(): Lease {
    current ??= { opening: open().then(withKeptModels), calls: 0, isStale: false };
    return current;
  }

  async function retire(used: Lease): Promise<void> {
    used.isStale = true;
    if (current === used) current = null;
    if (used.calls === 0) await (await used.opening.catch(() => null))?.close();
  }

  async function run<Result>(call: (runtime: Runtime) => Promise<Result>): Promise<Result> {
    const used = lease();
    used.calls += 1;
    try {
      return await call(await used.opening);
    } catch (error) {
      if (needsNewRuntime(error)) used.isStale = true;
      throw error;
    } finally {
      used.calls -= 1;
      if (used.isStale) await retire(used);
    }
  }

  return {
    use(call) {
      const result = run(call);
      const settled: Promise<unknown> = result.catch(() => {}).finally(() => running.delete(settled));
      running.add(settled);
      return result;
    },
    async idle() {
      while (running.size > 0) await Promise.all(running);
    },
    async close() {
      if (current !== null) await retire(current);
    },
  };
}

/**
 * What a connection or an engine may have died of is mended by a new one. A collection that is not there may be in a
 * store that was made meanwhile, in a folder above.
 */
function needsNewRuntime(error: unknown): boolean {
  if (!(error instanceof UserError)) return true;
  return error.exitCode === ExitCode.backend || error.code === "collection-not-found";
}
