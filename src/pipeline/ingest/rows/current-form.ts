import type { StoredChunk } from "../../../types.ts";
import { chunkId } from "../../../util/ids.ts";
import { documentLanguage } from "./language.ts";

/**
 * The chunks of a document as they are written now, whatever form they were stored in: with the keys of their version,
 * and the language where none was stored.
 */
export async function inCurrentForm(chunks: readonly StoredChunk[]): Promise<StoredChunk[]> {
  const stored = chunks[0]?.language ?? "";
  const language = stored === "" ? await documentLanguage(chunks) : stored;
  return chunks.map((chunk) =>
    Object.assign({}, chunk, { id: chunkId(chunk.docId, chunk.docHash, chunk.ordinal), language }),
  );
}
