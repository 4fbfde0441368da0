import { UserError } from "../../errors.ts";
import type { ForeignManifest, Manifest } from "../types.ts";

/** The question's vector, if the collection can be searched with it. Throws `UserError` (exit code 2) where it cannot. */
export function checkVector(
  vector: Float32Array | null,
  manifest: Pick<Manifest | ForeignManifest, "embedding">,
  name: string,
): Float32Array {
  if (manifest.embedding === null) {
    throw new UserError("no-vectors", `collection "${name}" has no vectors: it was made without an embedding model`, {
      hint: "search with --mode text, or configure embedding and ingest with --recreate",
    });
  }
  if (vector?.length !== manifest.embedding.dimensions) {
    throw new UserError(
      "dimension-mismatch",
      `collection "${name}" holds vectors of ${manifest.embedding.dimensions} dimensions, the question's has ${vector?.length ?? 0}`,
      { hint: "use the collection's own embedding model" },
    );
  }
  if (!vector.every(Number.isFinite)) {
    throw new UserError("vector-not-finite", "the embedding model gave a vector that is not made of numbers");
  }
  return vector;
}
