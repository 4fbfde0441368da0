import { UserError } from "../errors.ts";
import type { Filter, FilterOperator } from "../types.ts";

const condition = /^\s*([^=!<>~]*[^=!<>~\s])\s*(!=|<=|>=|=|<|>|~)\s*(.*?)\s*$/s;

/** `source~docs/*`, `page >= 3`: a field, an operator, a value. Throws `UserError` `invalid-filter`. */
export function parseFilter(text: string): Filter {
  const [, field, operator, value] = condition.exec(text) ?? [];
  if (field === undefined || operator === undefined || value === undefined) {
    throw new UserError("invalid-filter", `--filter: cannot read ${JSON.stringify(text)}`, {
      hint: 'write a field, one of = != < <= > >= ~, and a value, e.g. --filter "source~docs/*"',
    });
  }
  return { field, operator: operator as FilterOperator, value: unquoted(value) };
}

/** Quotes keep spaces at the ends of a value. */
function unquoted(value: string): string {
  return /^"(.*)"$/s.exec(value)?.[1] ?? value;
}
