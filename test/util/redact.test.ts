import { describe, expect, it } from "vitest";

import { createRedactor, redact } from "../../src/util/redact.ts";

describe("redact", () => {
  it.each([
    ["Authorization: Bearer abc.def-123456", "Authorization: Bearer ***"],
    ["authorization: Basic dXNlcjpwYXNz", "authorization: Basic ***"],
    ["http://root:Milvus@localhost:19530/x", "http://***@localhost:19530/x"],
    ["https://token-only@host.example", "https://***@host.example"],
    ["Incorrect API key provided: sk-proj-abcdefgh12345678.", "Incorrect API key provided: ***."],
    ["Incorrect API key provided: sk-ab*************wxyz.", "Incorrect API key provided: ***."],
    ["gsk_abcdefghijklmnop", "***"],
    ["GET /v1?api_key=abcdef&x=1", "GET /v1?api_key=***&x=1"],
  ])("masks %s", (text, expected) => {
    expect(redact(text)).toBe(expected);
  });

  it.each([
    "text-embedding-3-small",
    "See https://example.org/a@b and mail me@example.org",
    "The bearer of bad news",
    "task-oriented dialogue",
    "key-value pairs",
  ])("leaves %s alone", (text) => {
    expect(redact(text)).toBe(text);
  });
});

describe("createRedactor", () => {
  const secret = "correct horse/battery";
  const clean = createRedactor([secret, "abc", "", null, undefined]);

  it("masks the secrets in every form that they travel in", () => {
    expect(clean(`a ${secret} b`)).toBe("a *** b");
    expect(clean(`a ${encodeURIComponent(secret)} b`)).toBe("a *** b");
    expect(clean(`a ${Buffer.from(secret).toString("base64")} b`)).toBe("a *** b");
  });

  it("leaves words alone that are too short to be secrets", () => {
    expect(clean("abcdef")).toBe("abcdef");
  });

  it("masks a secret whole that holds another", () => {
    expect(createRedactor(["secret", "secret-and-more"])("x secret-and-more y secret")).toBe("x *** y ***");
  });
});
