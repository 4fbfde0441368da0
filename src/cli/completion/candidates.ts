import { providerNames, rerankingProviders } from "../../models/provider-names.ts";
import { findCollection } from "../../pipeline/collections/collections.ts";
import { fieldNames } from "../../pipeline/collections/field-names.ts";
import type { Store } from "../../stores/types.ts";
import type { CommonFlags } from "../arguments/flags.ts";
import type { CommandContext } from "../context.ts";
import { withRuntime } from "../runtime.ts";
import type { CompletionRequest, ValueKind } from "./request.ts";

type Look = (parts: { store: Store; collection: string; rows: object }) => Promise<string[]>;

/** What can be looked up in the store and the configuration; no model is asked. */
const looks: Partial<Record<ValueKind, Look>> = {
  collection: async ({ store }) => store.list(),
  source: async ({ store, collection }) =>
    (await (await findCollection(store, collection)).documents()).map(({ source }) => source),
  embedding: async ({ rows }) => providerNames("embedding", rows),
  llm: async ({ rows }) => providerNames("llm", rows),
  rerank: async ({ rows }) => [...Object.keys(rows), ...rerankingProviders],
  filter: async ({ store, collection }) =>
    (await fieldNames(await findCollection(store, collection))).names.map((name) => `${name}=`),
};

/**
 * Values of the kind that is asked for. None where the configuration is wrong or the store does not answer: the shell
 * shows no errors while somebody types.
 */
export async function candidatesFor({ kind, given }: CompletionRequest, context: CommandContext): Promise<string[]> {
  const look = kind === null ? undefined : looks[kind];
  if (look === undefined) return [];
  const [config, uri, collection] = ["--config", "--uri", "--collection"].map((flag) => given.get(flag));
  const flags: CommonFlags = {
    color: false,
    quiet: true,
    ...(config === undefined ? {} : { config }),
    ...(uri === undefined ? {} : { uri }),
    ...(collection === undefined ? {} : { collection }),
  };
  return withRuntime(flags, [], context, async (runtime) => {
    const { collection: name, providers: rows } = runtime.config;
    return look({ store: await runtime.store("looking"), collection: name, rows });
  }).catch(() => []);
}
