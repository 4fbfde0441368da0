/**
 * How long a provider asks to wait before the next request, in milliseconds; `null` where it does not say.
 * Reads `retry-after-ms`, `retry-after` (seconds or a date, RFC 9110 10.2.3), and `x-ratelimit-reset-requests` and
 * `-tokens` (`1s`, `6m0s`, `120ms`) of whichever limit has nothing remaining.
 */
export function retryDelayOf(headers: Headers | null, now: number): number | null {
  if (headers === null) return null;
  const milliseconds = numberOf(headers.get("retry-after-ms"));
  if (milliseconds !== null) return milliseconds;

  const retryAfter = headers.get("retry-after");
  const seconds = numberOf(retryAfter);
  if (seconds !== null) return seconds * 1000;
  const date = retryAfter === null ? Number.NaN : Date.parse(retryAfter);
  if (!Number.isNaN(date)) return Math.max(0, date - now);

  const resets = ["requests", "tokens"].map((limit) => {
    const remaining = numberOf(headers.get(`x-ratelimit-remaining-${limit}`));
    return remaining !== null && remaining > 0 ? null : durationOf(headers.get(`x-ratelimit-reset-${limit}`));
  });
  const longest = Math.max(...resets.map((reset) => reset ?? -1));
  return longest < 0 ? null : longest;
}

function numberOf(value: string | null): number | null {
  if (value === null || !/^\s*\d+(\.\d+)?\s*$/.test(value)) return null;
  return Number(value);
}

const units: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Milliseconds of `1h2m3.5s` or `20ms`; `null` for anything else. */
function durationOf(value: string | null): number | null {
  if (value === null || !/^(\d+(\.\d+)?(ms|h|m|s))+$/.test(value)) return null;
  let total = 0;
  for (const [, amount, unit] of value.matchAll(/(\d+(?:\.\d+)?)(ms|h|m|s)/g)) {
    total += Number(amount) * (units[unit ?? ""] ?? 0);
  }
  return total;
}
