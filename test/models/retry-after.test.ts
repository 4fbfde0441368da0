import { describe, expect, it } from "vitest";

import { retryDelayOf } from "../../src/models/retry-after.ts";

const now = Date.parse("2026-01-01T00:00:00Z");
const delay = (headers: Record<string, string>) => retryDelayOf(new Headers(headers), now);

describe("retryDelayOf", () => {
  it.each<[Record<string, string>, number | null]>([
    [{}, null],
    [{ "retry-after": "2" }, 2000],
    [{ "retry-after": "1.5" }, 1500],
    [{ "retry-after": "Thu, 01 Jan 2026 00:00:09 GMT" }, 9000],
    [{ "retry-after": "Wed, 31 Dec 2025 23:59:00 GMT" }, 0],
    [{ "retry-after": "soon" }, null],
    [{ "retry-after-ms": "120", "retry-after": "9" }, 120],
    [{ "x-ratelimit-reset-requests": "1s" }, 1000],
    [{ "x-ratelimit-reset-requests": "6m0.5s" }, 360_500],
    [{ "x-ratelimit-reset-tokens": "20ms", "x-ratelimit-reset-requests": "1m" }, 60_000],
    [
      {
        "x-ratelimit-remaining-requests": "5",
        "x-ratelimit-reset-requests": "1m",
        "x-ratelimit-remaining-tokens": "0",
        "x-ratelimit-reset-tokens": "3s",
      },
      3000,
    ],
    [{ "x-ratelimit-reset-tokens": "1735689600" }, null],
  ])("%j asks to wait %s ms", (headers, expected) => {
    expect(delay(headers)).toBe(expected);
  });
});
