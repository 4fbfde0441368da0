import { describe, expect, test } from "vitest";
import { UserError } from "../../../src/errors.ts";
import {
  type ConfiguredModel,
  modeForSearch,
  modelForIngest,
  modelForSearch,
} from "../../../src/pipeline/embed/model-choice.ts";
import type { ForeignManifest, Manifest } from "../../../src/stores/types.ts";
import type { EmbeddingIdentity, SearchMode } from "../../../src/types.ts";

const identity: EmbeddingIdentity = {
  provider: "openai",
  model: "small",
  dimensions: 8,
  queryPrefix: "q: ",
  documentPrefix: "d: ",
};
const common = { metric: "cosine", schemaVersion: 1, analyzer: "icu", chunking: {}, toolVersion: "0", createdAt: "" };
const own = (embedding: EmbeddingIdentity | null) => ({
  name: "docs",
  manifest: { ...common, embedding } as Manifest,
  modes: embedding === null ? (["text"] as const) : (["hybrid", "dense", "text"] as const),
});
const foreign = (embedding: ForeignManifest["embedding"], modes: SearchMode[]) => ({
  name: "docs",
  manifest: { embedding, metric: "ip" } as ForeignManifest,
  foreign: { missing: [] },
  modes,
});
const unknownModel = { provider: null, model: null, queryPrefix: null, documentPrefix: null };

const withVectors = own(identity);
const withoutVectors = own(null);
const foreignVectors = foreign({ ...unknownModel, dimensions: 8 }, ["dense"]);
const foreignUnknown = foreign({ ...unknownModel, dimensions: null }, ["text"]);
const foreignText = foreign(null, ["text"]);

const none = { use: "none", identity: null, notice: null };
const ofCollection = { use: "collection", identity, dimensions: 8 };
const nothing: ConfiguredModel = {};
const same: ConfiguredModel = { provider: "openai", model: "small", dimensions: 8, documentPrefix: "d: " };

/** What is chosen, or the message of the refusal. */
function outcomeOf(choose: () => unknown): unknown {
  try {
    return choose();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return `${error.code}: ${error.message}`;
  }
}

const mismatch = (made: string, wanted: string) =>
  `embedding-mismatch: collection docs was made with ${made}, the configuration says ${wanted}`;
const made = "openai/small (8 dimensions)";

describe("the model to ingest with", () => {
  test.each([
    ["a new collection, nothing configured", null, nothing, none],
    ["a new collection, only a model without its provider", null, { model: "small" }, none],
    ["a new collection", null, same, { use: "configured", identity: null, dimensions: null, isOptional: false }],
    ["no vectors, nothing configured", withoutVectors, nothing, none],
    ["no vectors, a provider", withoutVectors, { provider: "ollama" }, mismatch("no embedding model", "ollama")],
    ["no vectors, a model", withoutVectors, same, mismatch("no embedding model", "openai/small")],
    ["vectors, nothing configured", withVectors, nothing, { ...ofCollection, isOptional: false }],
    ["vectors, the same model", withVectors, same, { ...ofCollection, isOptional: false }],
    ["vectors, the provider alone", withVectors, { provider: "openai" }, { ...ofCollection, isOptional: false }],
    ["vectors, another provider", withVectors, { provider: "ollama" }, mismatch(made, "ollama/(its default model)")],
    ["vectors, another model", withVectors, { ...same, model: "large" }, mismatch(made, "openai/large (8 dimensions)")],
    ["vectors, a model without its provider", withVectors, { model: "large" }, mismatch(made, "openai/large")],
    [
      "vectors, other dimensions",
      withVectors,
      { ...same, dimensions: 4 },
      mismatch(made, "openai/small (4 dimensions)"),
    ],
    [
      "vectors, another document prefix",
      withVectors,
      { documentPrefix: "p: " },
      mismatch('the document prefix "d: "', 'the document prefix "p: "'),
    ],
    [
      "vectors, a document prefix that was taken out",
      withVectors,
      { documentPrefix: "" },
      mismatch('the document prefix "d: "', "no document prefix"),
    ],
  ] as const)("%s", (_, existing, configured, expected) => {
    expect(outcomeOf(() => modelForIngest(existing, configured))).toEqual(expected);
  });
});

describe("the model to search with", () => {
  const searchingByText = "collection docs has no vectors; searching by text";
  test.each([
    ["by text", withVectors, same, "text", none],
    ["by text, though another model is configured", withVectors, { provider: "ollama" }, "text", none],
    ["vectors, nothing configured", withVectors, nothing, null, { ...ofCollection, isOptional: true }],
    ["vectors, the same model", withVectors, same, null, { ...ofCollection, isOptional: false }],
    [
      "vectors, another document prefix",
      withVectors,
      { documentPrefix: "p: " },
      "dense",
      { ...ofCollection, isOptional: true },
    ],
    [
      "vectors, another provider",
      withVectors,
      { provider: "ollama" },
      null,
      mismatch(made, "ollama/(its default model)"),
    ],
    ["vectors, a model without its provider", withVectors, { model: "large" }, null, mismatch(made, "openai/large")],
    ["no vectors, nothing configured", withoutVectors, nothing, null, none],
    [
      "no vectors, a model",
      withoutVectors,
      same,
      null,
      { ...none, notice: `${searchingByText}; make them with: rag ingest --recreate` },
    ],
    ["no vectors, a model, and a mode that was asked for", withoutVectors, same, "dense", none],
    ["foreign, no vectors, a model", foreignText, same, null, { ...none, notice: searchingByText }],
    ["foreign, the vector field is not known", foreignUnknown, same, null, none],
    ["foreign, nothing configured", foreignVectors, nothing, null, none],
    [
      "foreign, any model",
      foreignVectors,
      same,
      null,
      { use: "configured", identity: null, dimensions: 8, isOptional: false },
    ],
  ] as const)("%s", (_, collection, configured, mode, expected) => {
    expect(outcomeOf(() => modelForSearch(collection, configured, mode))).toEqual(expected);
  });
});

describe("the mode to search in", () => {
  test.each([
    ["the best one, with a model", withVectors, null, true, "hybrid"],
    ["the best one, without a model", withVectors, null, false, "text"],
    ["the best one of a collection without vectors", withoutVectors, null, false, "text"],
    ["a wanted one, with a model", withVectors, "dense", true, "dense"],
    ["text, which needs no model", withVectors, "text", false, "text"],
    [
      "dense, without a model",
      withVectors,
      "dense",
      false,
      "no-embedding-model: the search mode dense needs the collection's model openai/small, which cannot be used",
    ],
    [
      "hybrid, without vectors",
      withoutVectors,
      "hybrid",
      false,
      'no-vectors: collection "docs" has no vectors, which the search mode hybrid needs',
    ],
    [
      "foreign, dense, the vector field is not known",
      foreignUnknown,
      "dense",
      false,
      'foreign-fields: of the fields of collection "docs", none is known to hold the vectors',
    ],
    ["foreign, vectors alone, with a model", foreignVectors, null, true, "dense"],
    ["foreign, vectors alone, without a model", foreignVectors, null, false, expect.stringMatching(/^no-mode: /)],
    ["foreign, dense, without a model", foreignVectors, "dense", false, expect.stringMatching(/^no-mode: /)],
  ] as const)("%s", (_, collection, wanted, canEmbed, expected) => {
    expect(outcomeOf(() => modeForSearch(collection, wanted, canEmbed))).toEqual(expected);
  });
});
