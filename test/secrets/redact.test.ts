import { describe, expect, it } from "vitest";

import { createRedactor, createSecretMask, redact } from "../../src/secrets/redact.ts";

describe("redact", () => {
  it.each([
    ["Authorization: Bearer abc.def-123456", "Authorization: Bearer ***"],
    ["authorization: Basic dXNlcjpwYXNz", "authorization: Basic ***"],
    ["http://root:Milvus@localhost:19530/x", "http://***@localhost:19530/x"],
    ["https://token-only@host.example", "https://***@host.example"],
    // As a path is made of an address, here and on Windows.
    ["open '/tmp/http:/user:secret-pw@host/x'", "open '/tmp/http:/***@host/x'"],
    ["open 'C:\\tmp\\http:\\user:secret-pw@host\\x'", "open 'C:\\tmp\\http:\\***@host\\x'"],
    ["http://user:p@ss/wo?rd#1@host:80/x", "http://***@host:80/x"],
    ["https://user:123456@host/x", "https://***@host/x"],
    ['"root:Milvus@localhost:19530" does not exist', '"***@localhost:19530" does not exist'],
    ["/tmp/project/root:Milvus@localhost", "/tmp/project/***@localhost"],
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
    "nothing answers at http://localhost:8080/v1/models/a@b",
    "C:\\Users\\me@work\\notes.md",
    "note: mail me@example.org",
    "install @huggingface/transformers",
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

describe("createSecretMask", () => {
  const mask = createSecretMask(["secret-and-more", "moreover-1"]);

  it.each([
    ["all of a text that ends in nothing secret", "plain text", 10],
    ["no secret's beginning", "a secret-an", 2],
    ["no beginning of one letter", "plus", 3],
    ["no whole secret of which the end begins another", "a secret-and-more", 2],
    ["a whole secret that ends before", "secret-and-more.", 16],
    ["nothing of nothing", "", 0],
  ])("settles %s", (_, text, length) => {
    expect(mask.settled(text)).toBe(length);
  });
});
