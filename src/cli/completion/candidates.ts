import { providerNames } from "../../models/provider-names.ts";
import { findCollection } from "../../pipeline/collections/collections.ts";
import type { Store } from "../../stores/types.ts";
import type { CommonFlags } from "../arguments/flags.ts";
import type { CommandContext } from "../context.ts";
import { withRuntime } from "../runtime.ts";
import type { CompletionRequest, ValueKind } from "./request.ts";

/** The fields that every filter knows. */
const fields = ["source", "title", "format", "page", "heading"];

/** Documents whose metadata is looked at for the names of further fields. */
const sampleSize = 50;

type Look = (parts: { store: Store; collection: string; rows: object }) => Promise<string[]>;

/** What can be looked up in the store and the configuration; no model is asked. */
const looks: Partial<Record<ValueKind, Look>> = {
  collection: async ({ store }) => store.list(),
  source: async ({ store, collection }) =>
    (await (await findCollection(store, collection)).documents()).map(({ source }) => source),
  embedding: async ({ rows }) => providerNames("embedding", rows),
  llm: async ({ rows }) => providerNames("llm", rows),
  filter: async ({ store, collection }) => {
    const found = await findCollection(store, collection);
    if (found.foreign !== undefined) return fields.map((name) => `${name}=`);
    const documents = (await found.documents()).slice(0, sampleSize);
    const chunks = await found.chunksOf(documents.map(({ docId }) => docId));
    const keys = new Set(chunks.flatMap(({ metadata }) => Object.keys(metadata)));
    return [...fields, ...[...keys].sort()].map((name) => `${name}=`);
  },
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
