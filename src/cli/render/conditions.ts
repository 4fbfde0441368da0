/** What narrows a search down, beside the query. */
export interface Conditions {
  /** As written. */
  filters: readonly string[];
  minScore: number | null;
}

/** ` where source~docs/* and page>=3, with a score of at least 0.5`; empty where there are no conditions. */
export function describeConditions({ filters, minScore }: Conditions): string {
  const where = filters.length === 0 ? "" : ` where ${filters.map((filter) => filter.trim()).join(" and ")}`;
  if (minScore === null) return where;
  return `${where}${where === "" ? "" : ","} with a score of at least ${minScore}`;
}
