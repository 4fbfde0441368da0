import { ExitCode } from "../../errors.ts";
import {
  dropCollection as drop,
  findCollection,
  listCollections as list,
  requireCollection,
} from "../../pipeline/collections/collections.ts";
import { untilAborted } from "../../util/until-aborted.ts";
import type { CollectionFlags, CommonFlags, OptionalCollectionFlags } from "../arguments/flags.ts";
import type { CommandContext } from "../context.ts";
import {
  renderCollection,
  renderCollections,
  renderDropped,
  renderKept,
  renderSources,
} from "../render/collections.ts";
import { confirm } from "../render/confirm.ts";
import { withRuntime } from "../runtime.ts";
import type { Store } from "../../stores/types.ts";

export interface DropFlags extends CollectionFlags {
  yes?: boolean;
}

/** `rag collections list` */
export async function listCollections(flags: CommonFlags, context: CommandContext): Promise<ExitCode> {
  return withStore(flags, context, async (store) => {
    const { collections, unreadable } = await list(store);
    for (const { name, error } of unreadable) {
      context.output.notice(`collection ${name} is left out: ${error.message}`);
    }
    for (const { collection, overview } of collections) {
      if (overview.gap !== null)
        context.output.notice(`collection ${collection.name} is not counted whole: ${overview.gap}`);
    }
    await renderCollections(store, collections, context.output);
    return ExitCode.done;
  });
}

/** `rag collections show` */
export async function showCollection(flags: OptionalCollectionFlags, context: CommandContext): Promise<ExitCode> {
  return withStore(flags, context, async (store, configured) => {
    const collection = await findCollection(store, flags.name ?? configured);
    await renderCollection(collection, await collection.stats(), context.output);
    return ExitCode.done;
  });
}

/** `rag collections sources` */
export async function listSources(flags: OptionalCollectionFlags, context: CommandContext): Promise<ExitCode> {
  return withStore(flags, context, async (store, configured) => {
    const collection = await findCollection(store, flags.name ?? configured);
    await renderSources(collection, await collection.documents(), context.output);
    return ExitCode.done;
  });
}

/** `rag collections drop`: exits with 1 where the user says no. */
export async function dropCollection(flags: DropFlags, context: CommandContext): Promise<ExitCode> {
  const { name, yes = false } = flags;
  return withStore(flags, context, async (store) => {
    await requireCollection(store, name);
    if (!yes && !(await confirm(`Drop collection ${name} in ${store.location} with all it holds?`, context))) {
      await renderKept(name, context.output);
      return ExitCode.no;
    }
    await drop(store, name, { evenIfForeign: yes });
    await renderDropped(name, context.output);
    return ExitCode.done;
  });
}

function withStore(
  flags: CommonFlags,
  context: CommandContext,
  body: (store: Store, configuredCollection: string) => Promise<ExitCode>,
): Promise<ExitCode> {
  return withRuntime(flags, [], context, (runtime) =>
    untilAborted(
      runtime.store("looking").then((store) => body(store, runtime.config.collection)),
      context.signal,
    ),
  );
}
