import { isDeepStrictEqual } from "node:util";
import type { Chunker, ChunkingOptions } from "../../chunkers/types.ts";
import type { Embedder } from "../../embedders/types.ts";
import { UserError } from "../../errors.ts";
import type {
  Collection,
  Manifest,
  Metric,
  NewManifest,
  ReadableCollection,
  Replacement,
  Store,
} from "../../stores/types.ts";
import type { EmbeddingIdentity, StoredChunk } from "../../types.ts";
import { type WriterWait, leaseForWriting } from "../collections/writer-lease.ts";
import { type ConfiguredModel, type ModelChoice, modelForIngest } from "../embed/model-choice.ts";
import { type OpenModel, openChosenModel } from "../embed/open-model.ts";
import type { DocumentCutter } from "./cut-document.ts";
import { ingest } from "./ingest.ts";
import type { IngestParts, IngestRequest } from "./run/ingest-run.ts";
import type { IngestResult } from "./ingest-tally.ts";
import { type Budget, type IngestPlan, overBudget, planOf, refuseUnknownPrice } from "./plan.ts";
import { type IngestProject, refuseOtherProject } from "./project.ts";
import { isOutdated, upgrade } from "./upgrade.ts";
import { type VectorRequest, openKnownVectors, openPool } from "./vectors.ts";

export interface CollectionParts {
  store: Store;
  openModel: OpenModel;
  chunker: Chunker;
  loaderFor: IngestParts["loaderFor"];
  cutter?: DocumentCutter;
}

export interface CollectionRequest extends IngestRequest, VectorRequest, WriterWait {
  /** Of the collection. */
  name: string;
  /** Start over with a new collection, which replaces the old one once it is complete. */
  recreate: boolean;
  project: IngestProject;
  chunking: ChunkingOptions;
  /** Of a new collection. */
  metric: Metric;
  toolVersion: string;
  /** What the ingest may take: more is refused before anything is sent or written. */
  budget?: Budget;
  /** USD per million tokens of an embedding model; `null` where it is not known. */
  priceOf?(provider: string, model: string | null): number | null;
  /**
   * Called before anything is written where the collection was made with another chunking: unchanged documents are then
   * read as changed, and embedded again.
   */
  onOtherChunking(made: Manifest["chunking"], wanted: Manifest["chunking"]): void;
}

export interface CollectionOutcome {
  result: IngestResult;
  /** The collection did not exist, and nothing was written that would have created it. */
  isMissing: boolean;
  /** Of a dry run: what would be written, and what that takes. */
  plan: IngestPlan | null;
  /** Of a dry run: why the ingest itself would be refused. */
  refusal: UserError | null;
}

/**
 * Ingests into the collection of a name, which is created where it does not exist, and held against other writers
 * meanwhile. With `recreate`, a new collection is built beside the old one, which stays as it is until the new one is
 * complete. A dry run holds, writes and opens nothing.
 *
 * Throws `UserError`: `over-budget` and `unknown-price`; `foreign-collection`, also with `recreate`; `other-project`; `embedding-mismatch`;
 * `collection-locked`; and what `ingest`, the store and the model refuse.
 */
export async function ingestIntoCollection(
  parts: CollectionParts,
  request: CollectionRequest,
): Promise<CollectionOutcome> {
  const { store } = parts;
  const { name, dryRun } = request;
  const lease = dryRun ? null : await leaseForWriting(store, name, "ingest", request);
  try {
    return await ingestHeld(parts, request);
  } catch (error) {
    // Another writer, whom no lock of this machine keeps out, was faster to create it: it is there to be continued.
    if (!(error instanceof UserError) || error.code !== "collection-exists") throw error;
    return await ingestHeld(parts, request);
  } finally {
    await lease?.release();
  }
}

/** The same for a collection that is held already. Throws `collection-exists` where it comes to be meanwhile. */
async function ingestHeld(parts: CollectionParts, request: CollectionRequest): Promise<CollectionOutcome> {
  const { store, chunker } = parts;
  const { name, dryRun, signal, recreate } = request;
  if (!dryRun) await store.recover(name);
  const { collection: found, exists } = await findExisting(store, name, recreate);
  if (found !== null) await refuseOtherProject(found, request.project, store.location);
  const { existing, leftOut } =
    recreate || found === null || dryRun || !isOutdated(found.manifest)
      ? { existing: recreate ? null : found, leftOut: [] }
      : await upgraded(parts, found, request);
  const chunking = chunkingOf(chunker, request.chunking);
  if (existing !== null && !isDeepStrictEqual(existing.manifest.chunking, chunking)) {
    request.onOtherChunking(existing.manifest.chunking, chunking);
  }
  const choice = modelForIngest(existing, request.embedding);
  const common = {
    refusalOf: (chunk: StoredChunk): string | null => store.refusalOf(chunk),
    collection: existing,
    loaderFor: parts.loaderFor,
    ...(parts.cutter === undefined ? {} : { cutter: parts.cutter }),
    chunker,
    chunking: request.chunking,
    hasVectors: choice.use !== "none",
  };
  const { budget = {}, priceOf = () => null } = request;
  const model = nameOf(choice, request.embedding);
  const price = model === null ? null : priceOf(model.provider, model.model);
  if (dryRun || isLimited(budget)) {
    refuseUnknownPrice(model === null ? null : `${model.provider}/${model.model ?? "default"}`, price, budget);
    const known = await openKnownVectors(choice, parts.openModel, request.vectorCache ?? null);
    const dry = { ...common, embedding: choice.identity, embed: null, createCollection: neverCreated };
    const result = await ingest({ ...dry, isCached: known?.has }, { ...request, dryRun: true });
    known?.close();
    const plan = planOf(result.planned, price);
    const refusal = overBudget(plan, budget);
    const isMissing = existing === null && result.chunks.written === 0;
    if (dryRun) return { result, isMissing, plan, refusal: result.refusal ?? refusal };
    if (refusal !== null) throw refusal;
  }
  const embedder = await openEmbedder(choice, existing, parts.openModel, signal);
  const embedding = choice.identity ?? (embedder && (await identityOf(embedder, signal)));

  const { metric, toolVersion, project } = request;
  const manifest: NewManifest = {
    embedding,
    metric,
    chunking,
    toolVersion,
    createdAt: new Date().toISOString(),
    ...(project.name === null ? {} : { project: project.name }),
  };
  const pool = await openPool(embedder, embedding, request);
  const ingestWith = (createCollection: () => Promise<Collection>): Promise<IngestResult> =>
    ingest({ ...common, createCollection, embedding, embed: pool?.embed ?? null }, request).finally(() =>
      pool?.close(),
    );
  if (recreate && exists) {
    const result = await replaceCollection(store, name, manifest, ingestWith);
    const isMissing = result.chunks.written === 0 && result.documents.failed === 0;
    return { result, isMissing, plan: null, refusal: null };
  }
  const result = await ingestWith(() => store.create(name, manifest));
  const files = new Set(request.discovery.files.map(({ source }) => source));
  for (const source of leftOut) if (!files.has(source)) result.warnings.push(incompleteBefore(source));
  return { result, isMissing: existing === null && result.chunks.written === 0, plan: null, refusal: null };
}

/**
 * Has a new collection filled and put in the place of the old one. The old one stays where the filling fails or is
 * interrupted, and where every file fails; where there is nothing to write, it is dropped.
 */
async function replaceCollection(
  store: Store,
  name: string,
  manifest: NewManifest,
  fill: (createCollection: () => Promise<Collection>) => Promise<IngestResult>,
): Promise<IngestResult> {
  const begun: Replacement[] = [];
  try {
    const result = await fill(async () => {
      const replacement = await store.createBeside(name, manifest);
      begun.push(replacement);
      return replacement.collection;
    });
    if (begun[0] !== undefined) await begun[0].swap();
    else if (result.documents.failed === 0) await store.drop(name);
    else result.warnings.push(`no document could be ingested: the collection ${name} stays as it was`);
    return result;
  } catch (error) {
    // Where this fails too, the next ingest does it.
    await begun[0]?.discard().catch(() => {});
    throw isInterruption(error) ? interruptedReplacement(error, name) : error;
  }
}

/** The model that vectors are made with; `model` is `null` where the provider's default is taken. */
function nameOf(choice: ModelChoice, configured: ConfiguredModel): { provider: string; model: string | null } | null {
  if (choice.use === "none") return null;
  if (choice.use === "collection") return choice.identity;
  return { provider: configured.provider ?? "", model: configured.model ?? null };
}

function isLimited({ maxCost, maxTokens }: Budget): boolean {
  return maxCost !== undefined || maxTokens !== undefined;
}

async function neverCreated(): Promise<Collection> {
  throw new Error("a dry run was to create a collection");
}

function isInterruption(error: unknown): error is UserError {
  return error instanceof UserError && error.code === "interrupted";
}

function interruptedReplacement(cause: UserError, name: string): UserError {
  return new UserError(cause.code, cause.message, {
    hint: `the collection ${name} is as it was before; run the same command again to start over`,
    exitCode: cause.exitCode,
    cause,
  });
}

/** The collection of a name. `exists` without it: a later version made it, so it can be replaced and not be read. */
async function findExisting(
  store: Store,
  name: string,
  recreate: boolean,
): Promise<{ collection: Collection | null; exists: boolean }> {
  let existing: ReadableCollection | null;
  try {
    existing = await store.open(name);
  } catch (error) {
    if (!recreate || !(error instanceof UserError) || error.code !== "newer-collection") throw error;
    return { collection: null, exists: true };
  }
  if (existing?.foreign !== undefined) {
    throw new UserError(
      "foreign-collection",
      `another program made the collection "${name}": it is read, not written`,
      { hint: "ingest into a collection of another name: --collection <name>" },
    );
  }
  return { collection: existing, exists: existing !== null };
}

/** The collection with rows as they are written now, and what of it was not complete. */
async function upgraded(
  { store }: CollectionParts,
  old: Collection,
  { name, signal, onNotice = () => {} }: CollectionRequest,
): Promise<{ existing: Collection; leftOut: string[] }> {
  onNotice(
    `collection ${name} was made by an earlier version: its rows are written anew, and nothing is embedded again`,
  );
  const { leftOut } = await upgrade(old, { createBeside: (manifest) => store.createBeside(name, manifest) }, signal);
  const { collection: existing } = await findExisting(store, name, false);
  if (existing === null) throw new Error(`${name} is gone after it was replaced`);
  return { existing, leftOut };
}

function incompleteBefore(source: string): string {
  return `${source} was incomplete in the collection, and was taken out of it: run rag ingest on it`;
}

async function openEmbedder(
  choice: ModelChoice,
  existing: Collection | null,
  open: OpenModel,
  signal: AbortSignal,
): Promise<Embedder | null> {
  return choice.use === "none" ? null : openChosenModel(choice, existing, open, signal);
}

async function identityOf(embedder: Embedder, signal: AbortSignal): Promise<EmbeddingIdentity> {
  const { embedderIdentity } = await import("../embed/embed-query.ts");
  return embedderIdentity(embedder, signal);
}

/** The strategy, and the settings that it looks at. */
export function chunkingOf({ name, uses }: Chunker, options: ChunkingOptions): Manifest["chunking"] {
  return { strategy: name, ...Object.fromEntries(uses.map((option) => [option, options[option]])) };
}
