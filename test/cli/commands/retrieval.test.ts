import { PassThrough } from "node:stream";
import { expect, it } from "vitest";
import type { CommandContext } from "../../../src/cli/context.ts";
import { createOutput } from "../../../src/cli/render/output.ts";
import { openRetrieval } from "../../../src/cli/commands/retrieval.ts";
import type { Runtime } from "../../../src/cli/runtime.ts";
import { defaultConfig } from "../../../src/config/default-config.ts";
import type { ReadableCollection } from "../../../src/stores/types.ts";
import { createFilter } from "../../../src/filters/parse.ts";

/** Opens a search of a collection, with a filter for a format that this tool knows nothing of. */
function openOn(origin: Pick<ReadableCollection, "foreign">): Promise<unknown> {
  const collection = { name: "books", manifest: { embedding: null }, ...origin } as ReadableCollection;
  const runtime = {
    config: defaultConfig(),
    environment: { projectRoot: "/nonexistent" },
    store: async () => ({ kind: "embedded", location: ".rag", open: async () => collection }),
    reranker: async () => null,
    loaders: () => import("../../../src/loaders/index.ts"),
  } as unknown as Runtime;
  const streams = { stdout: new PassThrough(), stderr: new PassThrough() };
  const output = createOutput(streams, { json: false, quiet: false, verbose: false, color: false }, {});
  const request = { filters: [createFilter("format", "=" as const, "scroll")], minScore: null };
  return openRetrieval(runtime, request, {
    output,
    variables: { XDG_CACHE_HOME: "/nonexistent" },
  } as unknown as CommandContext);
}

it("refuses unknown formats of our own collections, and leaves those of other programs to their store", async () => {
  await expect(openOn({ foreign: { missing: [] } })).resolves.toMatchObject({ collection: "books" });
  await expect(openOn({})).rejects.toMatchObject({ code: "invalid-filter", exitCode: 2 });
});
