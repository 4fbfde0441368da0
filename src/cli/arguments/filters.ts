import { UserError } from "../../errors.ts";
import type { Filter, FilterOperator } from "../../types.ts";
import { closest } from "../../util/closest.ts";
import { numberOf } from "../../filters/match.ts";

const condition = /^\s*([^=!<>~]*[^=!<>~\s])\s*(!=|<=|>=|=|<|>|~)\s*(.*?)\s*$/s;

/** How other languages write an operator; read as ours, the rest of it would belong to the value. */
const borrowed: Readonly<Record<string, FilterOperator>> = {
  "==": "=",
  "===": "=",
  "!==": "!=",
  "<>": "!=",
  "=<": "<=",
  "=>": ">=",
  "=~": "~",
  "~=": "~",
};

/**
 * `source~docs/*`, `page >= 3`: a field, an operator, a value. Throws `UserError` `invalid-filter`, also for a condition
 * that no passage can meet.
 */
export function parseFilter(text: string): Filter {
  const [, field, operator, written] = condition.exec(text) ?? [];
  if (field === undefined || operator === undefined || written === undefined) {
    throw invalid(text, 'write a field, one of = != < <= > >= ~, and a value, e.g. --filter "source~docs/*"');
  }
  const [, signs = ""] = /^[^=!<>~]*([=!<>~]+)/.exec(text) ?? [];
  const meant = Object.hasOwn(borrowed, signs) ? borrowed[signs] : undefined;
  if (meant !== undefined) {
    const rest = written.slice(signs.length - operator.length).trimStart();
    throw invalid(
      text,
      `write --filter "${field}${meant}${rest}"; a value that begins with such a sign goes in quotes`,
    );
  }
  const filter: Filter = { field, operator: operator as FilterOperator, value: unquoted(written) };
  // A glob is about the digits as text.
  if (field === "page" && operator !== "~" && numberOf(filter.value) === null) {
    throw invalid(text, 'page wants a number, e.g. --filter page=3 or --filter "page>=3"');
  }
  return filter;
}

/** Throws `UserError` `invalid-filter` for a format that no loader makes, so that no document of ours can have it. */
export async function refuseUnknownFormats(
  filters: readonly Filter[],
  formatsOf: () => Promise<readonly string[]>,
): Promise<void> {
  for (const { field, operator, value } of filters) {
    if (field !== "format" || (operator !== "=" && operator !== "!=")) continue;
    const formats = await formatsOf();
    if (formats.includes(value)) continue;
    const meant = closest(value, formats);
    const advice =
      meant === null
        ? `format is one of ${formats.join(", ")}; for the ending of a name write --filter "source~*.${value}"`
        : `did you mean format${operator}${meant}?`;
    throw invalid(`format${operator}${value}`, advice);
  }
}

function invalid(text: string, hint: string): UserError {
  return new UserError("invalid-filter", `--filter: cannot use ${JSON.stringify(text)}`, { hint });
}

/** Quotes keep spaces at the ends of a value. */
function unquoted(value: string): string {
  return /^"(.*)"$/s.exec(value)?.[1] ?? value;
}
