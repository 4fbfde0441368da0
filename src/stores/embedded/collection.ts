import { readdir, rmdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Query, Table, VectorQuery } from "@lancedb/lancedb";
import type { Config } from "../../config/schema.ts";
import { ExitCode, UserError, messageOf } from "../../errors.ts";
import type { SearchMode } from "../../types.ts";
import { collectGarbage } from "../shared/collect-garbage.ts";
import { fuseByReciprocalRank } from "../shared/reciprocal-rank-fusion.ts";
import { filtersToSql, sqlString } from "./filter.ts";
import { type Row, documentColumns, documentOf } from "../shared/chunk-row.ts";
import { embeddedColumns, fromRow, toRow } from "./rows.ts";
import { slices } from "../shared/slices.ts";
import { checkVector } from "../shared/check-vector.ts";
import { translateStoreError } from "./errors.ts";
import { distanceTypes, ensureIndexes, textIndex, wordsOf } from "./indexes.ts";
import type { Collection, Manifest, Metric, ScoredChunk, SearchRequest } from "../types.ts";

/**
 * Partitions of the vector index that a query looks into; LanceDB makes one of about 4,096 rows. Measured on 100,000
 * random vectors of 384 dimensions: recall@10 is 1.0 with 40 and 0.91 with 20.
 */
const probes = 40;
/** Versions younger than this stay on disk, for readers that opened them. A reader that is slower opens the table anew. */
const retainMs = 10_000;
/** So many rows leave some tens of megabytes of garbage behind. */
const rowsPerCollection = 5_000;
/** Ids in one SQL condition. */
const idsPerCondition = 500;

/** From LanceDB's distance (smaller is nearer) to a similarity (greater is nearer). */
const similarities: Record<Metric, (distance: number) => number> = {
  cosine: (distance) => 1 - distance,
  ip: (distance) => 1 - distance,
  l2: (distance) => 1 / (1 + distance),
};

export function openEmbeddedCollection(options: {
  table: Table;
  name: string;
  manifest: Manifest;
  folder: string;
  location: string;
  /** Settings of the full-text index, should it be missing. */
  text: Config["text"];
}): Collection {
  const { table, name, manifest, folder, location, text } = options;
  const failure = translateStoreError(location);
  const modes: readonly SearchMode[] = manifest.embedding === null ? ["text"] : ["hybrid", "dense", "text"];

  /** Runs a read on the newest version; once more where a writer cleaned that version away meanwhile. */
  async function read<T>(query: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await query();
      } catch (error) {
        if (attempt === 3 || !/not found|no such file/i.test(messageOf(error))) throw failure(error);
        await table.checkoutLatest();
      }
    }
  }

  /**
   * How many hits to ask for to get the best `limit`. LanceDB ranks nothing while the index covers no row at all (a first
   * ingest under way, or one that was cut off): it then returns the first rows that match, so all are asked for.
   */
  async function textLimit(limit: number): Promise<number> {
    const stats = await table.indexStats(textIndex);
    if (stats === undefined) {
      throw new UserError("index-missing", `collection ${name} has no full-text index: its first ingest was cut off`, {
        hint: "run the ingest again, it makes the index",
        exitCode: ExitCode.backend,
      });
    }
    return stats.numIndexedRows === 0 ? Math.max(limit, stats.numUnindexedRows) : limit;
  }

  async function searchText(text: string, limit: number, where: string | null): Promise<ScoredChunk[]> {
    const query = table
      .query()
      .fullTextSearch(await wordsOf(text))
      .select([...embeddedColumns, "_score"])
      .limit(await textLimit(limit));
    if (where !== null) query.where(where);
    const hits = (await rows(query)).map((row): ScoredChunk => {
      const score = row["_score"] as number;
      return { chunk: fromRow(row), score, scores: { dense: null, text: score } };
    });
    return bestFirst(hits).slice(0, limit);
  }

  async function searchDense(vector: Float32Array, limit: number, where: string | null): Promise<ScoredChunk[]> {
    const query = table
      .query()
      .nearestTo(vector)
      .distanceType(distanceTypes[manifest.metric])
      .nprobes(probes)
      .select([...embeddedColumns, "_distance"])
      .limit(limit);
    if (where !== null) query.where(where);
    const hits = (await rows(query)).map((row): ScoredChunk => {
      const score = similarities[manifest.metric](row["_distance"] as number);
      return { chunk: fromRow(row), score, scores: { dense: score, text: null } };
    });
    return bestFirst(hits);
  }

  async function searchHybrid(
    request: SearchRequest,
    vector: Float32Array,
    where: string | null,
  ): Promise<ScoredChunk[]> {
    const candidates = Math.max(100, 2 * request.limit);
    const [dense, text] = await Promise.all([
      searchDense(vector, candidates, where),
      searchText(request.text, candidates, where),
    ]);
    const byId = new Map<string, ScoredChunk>();
    for (const hit of [...dense, ...text]) {
      const known = byId.get(hit.chunk.id);
      byId.set(
        hit.chunk.id,
        known === undefined ? hit : { ...known, scores: { ...known.scores, text: hit.scores.text } },
      );
    }
    const fused = fuseByReciprocalRank([dense, text].map((list) => list.map((hit) => hit.chunk.id)));
    return fused.slice(0, request.limit).flatMap(({ id, score }) => {
      const hit = byId.get(id);
      return hit === undefined ? [] : [{ ...hit, score }];
    });
  }

  /** Rows since memory was given back. */
  let written = 0;
  async function giveBackMemory(): Promise<void> {
    written = 0;
    await collectGarbage();
  }

  return {
    name,
    manifest,
    modes,

    async documents() {
      const found = await read(() =>
        rows(
          table
            .query()
            .where("ord = 0")
            .select([...documentColumns]),
        ),
      );
      return found.map(documentOf);
    },

    async chunksOf(docIds) {
      const found: Row[] = [];
      for (const part of slices(docIds, idsPerCondition)) {
        found.push(...(await read(() => rows(table.query().where(docIdIn(part))))));
      }
      return found.map(fromRow);
    },

    async upsert(chunks) {
      if (chunks.length === 0) return;
      await table
        .mergeInsert("id")
        .whenMatchedUpdateAll()
        .whenNotMatchedInsertAll()
        .execute(chunks.map(toRow))
        .catch(failure);
      written += chunks.length;
      if (written >= rowsPerCollection) await giveBackMemory();
    },

    async deleteDocuments(docIds) {
      for (const part of slices(docIds, idsPerCondition)) await table.delete(docIdIn(part)).catch(failure);
    },

    async deleteStale(current) {
      for (const part of slices(current, idsPerCondition)) {
        const hashes = part.map(({ docHash }) => sqlString(docHash)).join(", ");
        const documents = docIdIn(part.map(({ docId }) => docId));
        await table.delete(`${documents} AND ord > 0 AND doc_hash NOT IN (${hashes})`).catch(failure);
      }
    },

    countChunks: () => read(() => table.countRows()),

    async orphans() {
      const ids = async (where: string) =>
        new Set(
          (await read(() => rows(table.query().where(where).select(["doc_id"])))).map((row) => String(row["doc_id"])),
        );
      const committed = await ids("ord = 0");
      return [...(await ids("ord > 0"))].filter((id) => !committed.has(id));
    },

    async optimize() {
      // Building an index is when LanceDB needs most.
      if (written > 0) await giveBackMemory();
      await ensureIndexes(table, manifest, text).catch(failure);
      await table.optimize({ cleanupOlderThan: new Date(Date.now() - retainMs) }).catch(failure);
      await removeEmptyFolders(join(folder, "_indices"));
    },

    async search(request) {
      const where = filtersToSql(request.filters);
      return read(() => {
        if (request.mode === "text") return searchText(request.text, request.limit, where);
        const vector = checkVector(request.vector, manifest, name);
        if (request.mode === "dense") return searchDense(vector, request.limit, where);
        return searchHybrid(request, vector, where);
      });
    },

    async stats() {
      return read(async () => {
        const indices = await table.listIndices();
        const versions = await table.listVersions();
        return {
          chunks: await table.countRows(),
          documents: await table.countRows("ord = 0"),
          sizeBytes: await folderSize(folder),
          index: await Promise.all(
            indices.map(async (index) => ({
              name: index.name,
              type: index.indexType,
              rows: (await table.indexStats(index.name))?.numIndexedRows ?? null,
            })),
          ),
          updatedAt: versions.at(-1)?.timestamp.toISOString() ?? null,
        };
      });
    },
  };
}

/** Equal scores are ordered by id, so that the same question gives the same answer. */
function bestFirst(hits: ScoredChunk[]): ScoredChunk[] {
  return hits.sort((a, b) => b.score - a.score || (a.chunk.id < b.chunk.id ? -1 : 1));
}

async function rows(query: Query | VectorQuery): Promise<Row[]> {
  return (await query.toArray()) as Row[];
}

function docIdIn(docIds: readonly string[]): string {
  return `doc_id IN (${docIds.map(sqlString).join(", ")})`;
}

/** LanceDB deletes the files of an old index and leaves its folder. */
async function removeEmptyFolders(parent: string): Promise<void> {
  const names = await readdir(parent).catch(() => []);
  // Fails, as it should, on a folder that is not empty.
  await Promise.all(names.map((name) => rmdir(join(parent, name)).catch(() => {})));
}

async function folderSize(folder: string): Promise<number> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  let total = 0;
  for (const entry of entries) {
    // A file may be cleaned up between the listing and the look.
    if (entry.isFile())
      total += await stat(join(entry.parentPath, entry.name)).then(
        (found) => found.size,
        () => 0,
      );
  }
  return total;
}
