import { UserError } from "../../../errors.ts";
import type { CollectionHandle } from "../loading.ts";

/** `milvus.proto.milvus.ShowType`. */
const IN_MEMORY = 1;

/**
 * What a search or a count leaves out, for people; `null` where nothing is known to be. A server that has some partitions
 * of a collection in memory answers from those alone, and calls the collection loaded.
 */
export async function partitionGap({ connection, name }: CollectionHandle): Promise<string | null> {
  const named = { collection_name: name };
  try {
    const [all, loaded] = await Promise.all([
      connection.call("ShowPartitions", named),
      connection.call("ShowPartitions", { ...named, type: IN_MEMORY }),
    ]);
    const [total, there] = [all.partition_names.length, loaded.partition_names.length];
    return there < total ? `${there} of its ${total} partitions are loaded, and only those are read` : null;
  } catch (error) {
    // It may not be asked, or nothing is loaded: what is asked for besides says so.
    if (error instanceof UserError) return null;
    throw error;
  }
}
