import type { Config } from "../../../config/schema.ts";
import { UserError } from "../../../errors.ts";

/** Whole numbers that a build parameter may be, ends included. */
type Range = readonly [least: number, most: number];

/** A graph of fewer links than 2 ends the engine's process. */
const graph: Record<string, Range> = { M: [2, 2_048], efConstruction: [1, 2 ** 31 - 1] };
const lists: Record<string, Range> = { nlist: [1, 65_536] };

/** The indexes for vectors that Milvus Lite can build (`milvus_lite/index/factory.py`), by their build parameters. */
const liteIndexes = new Map<string, Record<string, Range>>([
  ["AUTOINDEX", {}],
  ["FLAT", {}],
  ["HNSW", graph],
  ["HNSW_SQ", graph],
  ["IVF_FLAT", lists],
  ["IVF_SQ8", lists],
]);

/**
 * Throws `UserError` where Milvus Lite cannot build the index. It would take any, and notice when it next loads the
 * collection, which is lost by then.
 */
export function checkLiteIndex({ type, params }: Pick<Config["milvus"]["index"], "type" | "params">): void {
  const ranges = liteIndexes.get(type);
  if (ranges === undefined) {
    throw new UserError("index-type", `Milvus Lite has no index ${JSON.stringify(type)}`, {
      hint: `those that it has: ${[...liteIndexes.keys()].join(", ")} (\`milvus.index.type\`)`,
    });
  }
  for (const [name, [least, most]] of Object.entries(ranges)) {
    const value = params[name];
    if (value === undefined || isWithin(value, least, most)) continue;
    throw new UserError("index-params", `Milvus Lite cannot build ${type} with ${name} = ${JSON.stringify(value)}`, {
      hint: `${name} is a whole number from ${least} to ${most} (\`milvus.index.params\`)`,
    });
  }
}

function isWithin(value: string | number | boolean, least: number, most: number): boolean {
  if (typeof value === "boolean" || (typeof value === "string" && !/^\d+$/.test(value))) return false;
  const number = Number(value);
  return Number.isInteger(number) && number >= least && number <= most;
}
