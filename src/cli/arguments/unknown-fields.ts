import { fieldNames } from "../../pipeline/collections/field-names.ts";
import type { ReadableCollection } from "../../stores/types.ts";
import type { Filter } from "../../types.ts";
import { closest } from "../../util/closest.ts";

/** Fields that are named at most. */
const listedAtMost = 20;

/**
 * What to tell a person whose filters found nothing: the fields that no document has, with those that there are. One line a
 * field; none where every field exists.
 */
export async function unknownFields(filters: readonly Filter[], collection: ReadableCollection): Promise<string[]> {
  const keys = new Set(filters.flatMap(({ field }) => (field.kind === "metadata" ? [field.key] : [])));
  // The store itself refuses a field that a foreign collection has not.
  if (keys.size === 0 || collection.foreign !== undefined) return [];
  const { names, documents, isComplete } = await fieldNames(collection);
  const where = isComplete ? `no document of ${collection.name} has` : `none of ${documents} documents looked at has`;
  const more = names.length > listedAtMost ? ` and ${names.length - listedAtMost} more` : "";
  return [...keys]
    .filter((key) => !names.includes(key))
    .map((key) => {
      const meant = closest(key, names);
      const guess = meant === null ? "" : `did you mean ${meant}? `;
      return `${where} the field ${key} of --filter; ${guess}fields are ${names.slice(0, listedAtMost).join(", ")}${more}`;
    });
}
