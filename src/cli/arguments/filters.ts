import { UserError } from "../../errors.ts";
import type { Filter, FilterOperator } from "../../types.ts";
import { closest } from "../../util/closest.ts";
import { createFilter, numberOf } from "../../filters/parse.ts";

const condition = /^([^=!<>~]*)(!=|<=|>=|=|<|>|~)(.*)$/s;

/** Operators of other languages. Ours is the start of theirs, so the rest would be read as a part of the value. */
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
 * Reads a field, an operator and a value, as in `source~docs/*` and `page >= 3`. Throws `UserError` `invalid-filter`,
 * also for a condition that no passage can meet.
 */
export function parseFilter(text: string): Filter {
  const [, field = "", operator, written = ""] = (condition.exec(text) ?? []).map((part) => part.trim());
  if (field === "" || operator === undefined) {
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
  const value = unquoted(written);
  // A glob compares the digits as text.
  if (field === "page" && operator !== "~" && numberOf(value) === null) {
    throw invalid(text, 'page wants a number, e.g. --filter page=3 or --filter "page>=3"');
  }
  return createFilter(field, operator as FilterOperator, value);
}

/** Throws `UserError` `invalid-filter` for a format that no loader makes, so that no document of ours can have it. */
export async function refuseUnknownFormats(
  filters: readonly Filter[],
  formatsOf: () => Promise<readonly string[]>,
): Promise<void> {
  for (const { field, ...test } of filters) {
    if (field.kind !== "own" || field.name !== "format" || !("value" in test)) continue;
    const { text } = test.value;
    const formats = await formatsOf();
    if (formats.includes(text)) continue;
    const meant = closest(text, formats);
    const advice =
      meant === null
        ? `format is one of ${formats.join(", ")}; for the ending of a name write --filter "source~*.${text}"`
        : `did you mean format${test.operator}${meant}?`;
    throw invalid(`format${test.operator}${text}`, advice);
  }
}

function invalid(text: string, hint: string): UserError {
  return new UserError("invalid-filter", `--filter: cannot use ${JSON.stringify(text)}`, { hint });
}

/** Quotes keep spaces at the ends of a value. */
function unquoted(value: string): string {
  return /^"(.*)"$/s.exec(value)?.[1] ?? value;
}
