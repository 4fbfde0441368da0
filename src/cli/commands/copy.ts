import { ExitCode, UserError } from "../../errors.ts";
import type { CopyResult } from "../../pipeline/copy/copy.ts";
import type { Manifest, NewManifest, ReadableCollection, Store, WriterLease } from "../../stores/types.ts";
import type { CommandContext } from "../context.ts";
import { storeIdentity, targetConfig } from "../arguments/copy-target.ts";
import type { CopyFlags } from "../arguments/flags.ts";
import { resumable } from "../interruption.ts";
import { describeCopy, renderCopy } from "../render/copy.ts";
import { createProgress } from "../render/progress.ts";
import { findCollection, withRuntime } from "../runtime.ts";
import { stageTimer } from "../stage-timer.ts";

/** One end of a copy. */
interface End {
  store: Store;
  name: string;
}

/** `rag collections copy` */
export async function copyCollection(flags: CopyFlags, context: CommandContext): Promise<ExitCode> {
  const started = performance.now();
  return withRuntime(flags, [], context, async (runtime) => {
    const { config, environment } = runtime;
    const target = targetConfig(flags.to, config, environment);
    const from: End = { store: await runtime.store(), name: flags.name };
    const source = await findCollection(from.store, from.name);
    const to: End = {
      store: await runtime.otherStore(target),
      name: flags.as ?? flags.name,
    };
    const [here, there] = await Promise.all([from, to].map(({ store }) => storeIdentity(store, environment)));
    const isSameStore = here === there;
    if (isSameStore && from.name === to.name) throw copyOntoItself(from);

    const leases = await lockBoth(from, to, isSameStore);
    let result: CopyResult;
    try {
      result = await resumable(runCopy(source, from, to, context), context.signal);
    } finally {
      for (const lease of leases) await lease.release();
    }
    const durationMs = Math.round(performance.now() - started);
    await renderCopy({ from: placeOf(from), to: placeOf(to), result, durationMs }, context.output);
    return ExitCode.done;
  });
}

function placeOf({ store, name }: End) {
  return { kind: store.kind, location: store.location, collection: name };
}

function nameOf({ store, name }: End): string {
  return `${name} in ${store.location}`;
}

function copyOntoItself(from: End): UserError {
  return new UserError("copy-onto-itself", `collection ${nameOf(from)} would be copied onto itself`, {
    hint: "name another store with --to, or another collection with --as",
  });
}

/** The source is held too, so that nothing changes in it meanwhile. */
async function lockBoth(from: End, to: End, isSameStore: boolean): Promise<WriterLease[]> {
  // Milvus Lite has one writer for the whole database.
  const ends = isSameStore && to.store.kind === "milvus-lite" ? [to] : [from, to];
  const leases: WriterLease[] = [];
  try {
    for (const { store, name } of ends) leases.push(await store.lockForWriting(name, "copy"));
  } catch (error) {
    for (const lease of leases) await lease.release();
    throw error;
  }
  return leases;
}

async function runCopy(source: ReadableCollection, from: End, to: End, context: CommandContext): Promise<CopyResult> {
  const { output, signal } = context;
  const { copy } = await import("../../pipeline/copy/copy.ts");
  const target = await to.store.open(to.name);
  const view = await createProgress(output, describeCopy);
  const stages = stageTimer(output);
  try {
    return await copy(
      { source, target, createTarget: (made) => to.store.create(to.name, newManifest(made)) },
      {
        names: { source: nameOf(from), target: nameOf(to) },
        signal,
        onProgress: (progress) => {
          stages.enter(progress.stage);
          view.update(progress);
        },
      },
    );
  } finally {
    view.stop();
    stages.end();
  }
}

/** Text is cut into words by the store that serves it. */
function newManifest({ analyzer: _, ...manifest }: Manifest): NewManifest {
  return manifest;
}
