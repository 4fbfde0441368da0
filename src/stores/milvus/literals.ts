/**
 * A string literal with the escapes that every deployment reads. `null` where there is none: servers mangle characters
 * beyond the basic plane, and not all of them read the same escapes of other control characters.
 */
export function quote(text: string): string | null {
  if (!isInBasicPlane(text)) return null;
  const escaped = text.replaceAll(/["\\\n\r\t]/g, (character) => escapes[character] as string);
  return /\p{Cc}/u.test(escaped) ? null : `"${escaped}"`;
}

const escapes: Record<string, string> = { '"': String.raw`\"`, "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/** Whether a text has no characters above U+FFFF. */
export function isInBasicPlane(text: string): boolean {
  return !/[\uD800-\uDFFF]/.test(text);
}

/** A number as every version's grammar reads it; `null` where it would need an exponent. */
export function decimal(number: number): string | null {
  const text = String(number);
  return /^-?\d+(\.\d+)?$/.test(text) ? text : null;
}

/** A condition on keys that are hexadecimal digits. Throws `TypeError` for any other key: it would be a bug. */
export function isOneOf(field: string, keys: readonly string[]): string {
  const strange = keys.find((key) => !/^[0-9a-f]+$/.test(key));
  if (strange !== undefined) throw new TypeError(`${JSON.stringify(strange)} is no key`);
  return `${field} in [${keys.map((key) => `"${key}"`).join(",")}]`;
}
