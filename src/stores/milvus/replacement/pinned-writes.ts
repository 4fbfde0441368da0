import { ExitCode, UserError } from "../../../errors.ts";
import type { MilvusConnection } from "../wire/connection.ts";
import { MilvusErrorCode } from "../wire/errors.ts";
import type { CallName } from "../wire/protocol.ts";

const writes = new Set<CallName>(["Upsert", "Delete"]);

/**
 * A connection whose writes go to the collection that was opened, and to none that has taken its place: that one may have
 * another model's vectors. What is read follows the name. `behind`: the collection's own name, where an alias was opened;
 * it stays that of this collection alone. A collection that has its name from the beginning loses it when it is replaced
 * for the first time: `isStill` tells. The writes throw `UserError` `collection-replaced`.
 */
export function pinWrites(
  connection: MilvusConnection,
  { name, behind, isStill }: { name: string; behind: string | null; isStill(): Promise<boolean> },
): MilvusConnection {
  return {
    get protocol() {
      return connection.protocol;
    },
    consistency: connection.consistency,
    close: () => connection.close(),
    async call(call, request, options) {
      if (!writes.has(call)) return connection.call(call, request, options);
      if (behind === null) {
        if (!(await isStill())) throw replacedMeanwhile(name);
        return connection.call(call, request, options);
      }
      return connection.call(call, { ...request, collection_name: behind }, options).catch((error: unknown) => {
        const isGone = error instanceof UserError && error.code === MilvusErrorCode.collectionNotFound;
        throw isGone ? replacedMeanwhile(name) : error;
      });
    },
  };
}

function replacedMeanwhile(name: string): UserError {
  return new UserError(
    "collection-replaced",
    `another process has replaced or dropped collection "${name}" while this one wrote to it`,
    {
      hint: "run the same command again: it writes to the collection that has the name now",
      exitCode: ExitCode.backend,
    },
  );
}
