import { ExitCode } from "../../errors.ts";
import { findCollection } from "../../pipeline/collections/collections.ts";
import { type CopyEnd, copyBetweenStores } from "../../pipeline/copy/copy-between-stores.ts";
import { storeIdentity, targetConfig } from "../arguments/copy-target.ts";
import type { CollectionFlags } from "../arguments/flags.ts";
import type { CommandContext } from "../context.ts";
import { resumable } from "../interruption.ts";
import { describeCopy, renderCopy } from "../render/copy.ts";
import { showProgress } from "../render/progress.ts";
import { withRuntime } from "../runtime.ts";

export interface CopyFlags extends CollectionFlags {
  /** Store as written. */
  to: string;
  as?: string;
}

/** `rag collections copy`: exits with 3 where the other store cannot hold some of the documents. */
export async function copyCollection(flags: CopyFlags, context: CommandContext): Promise<ExitCode> {
  const started = performance.now();
  const { output, signal } = context;
  return withRuntime(flags, [], context, async ({ config, environment, ...runtime }) => {
    const target = targetConfig(flags.to, config, environment);
    const from: CopyEnd = { store: await runtime.store("writing"), name: flags.name };
    const source = await findCollection(from.store, from.name);
    const to: CopyEnd = { store: await runtime.otherStore(target), name: flags.as ?? flags.name };
    const [here, there] = await Promise.all([from, to].map(({ store }) => storeIdentity(store, environment)));

    const progress = await showProgress(output, describeCopy);
    const work = copyBetweenStores({
      source,
      from,
      to,
      isSameStore: here === there,
      signal,
      onProgress: progress.update,
    });
    const result = await resumable(work, signal).finally(progress.stop);
    const durationMs = Math.round(performance.now() - started);
    await renderCopy({ from: describeEnd(from), to: describeEnd(to), result, durationMs }, output);
    return result.failures.length > 0 ? ExitCode.partial : ExitCode.done;
  });
}

function describeEnd({ store, name }: CopyEnd) {
  return { kind: store.kind, location: store.location, collection: name };
}
