import { ExitCode } from "../../errors.ts";
import { findCollection } from "../../pipeline/collections/collections.ts";
import { withUrls } from "../../pipeline/links/with-urls.ts";
import { placesOf } from "../../pipeline/passages/place.ts";
import { type ReadPassage, readPassage } from "../../pipeline/passages/read.ts";
import type { Extent } from "../../pipeline/passages/surroundings.ts";
import { untilAborted } from "../../util/until-aborted.ts";
import type { CommonFlags } from "../arguments/flags.ts";
import { sourceNames } from "../arguments/source-names.ts";
import type { CommandContext } from "../context.ts";
import { noticeElsewhere, renderPassage } from "../render/places/passage.ts";
import { type Runtime, linkOptions, withRuntime } from "../runtime.ts";

export interface GetFlags extends CommonFlags {
  /** As given. */
  place: string;
  expand?: Extent;
}

/** `rag get`: exits with 1 where there is no such place. */
export async function get(flags: GetFlags, context: CommandContext): Promise<ExitCode> {
  return withRuntime(flags, [], context, (runtime) =>
    untilAborted(
      (async () => {
        const passage = await passageAt(flags.place, flags.expand ?? null, runtime, context);
        const {
          hits: [linked = passage],
        } = await withUrls({ hits: [passage] }, linkOptions(runtime));
        await renderPassage({ collection: runtime.config.collection, ...linked }, context.output);
        return ExitCode.done;
      })(),
      context.signal,
    ),
  );
}

/** The passage that a person names, in the configured collection. Throws as `readPassage` does. */
export async function passageAt(
  place: string,
  expand: Extent | null,
  { config, environment, store }: Runtime,
  { output }: CommandContext,
): Promise<ReadPassage> {
  const collection = await findCollection(await store("looking"), config.collection);
  const sourcesOf = (written: string): string[] => sourceNames(written, environment);
  const request = { places: placesOf(place), written: place, sourcesOf, expand };
  const { passage, elsewhere } = await readPassage(collection, request);
  noticeElsewhere(elsewhere, output);
  return passage;
}
