/** A tree of settings as written in a file. */
export type Values = Record<string, unknown>;

export function isValues(value: unknown): value is Values {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What stands at a path; `undefined` where nothing does. */
export function valueAt(values: unknown, path: readonly string[]): unknown {
  let value = values;
  for (const key of path) value = isValues(value) ? value[key] : undefined;
  return value;
}

/** A copy with another value at a path; the same where no mapping leads there. */
export function setAt(values: Values, [key, ...rest]: readonly string[], value: unknown): Values {
  if (key === undefined) return values;
  if (rest.length === 0) return { ...values, [key]: value };
  const child = values[key] ?? {};
  return isValues(child) ? { ...values, [key]: setAt(child, rest, value) } : values;
}
