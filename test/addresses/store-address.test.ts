import path from "node:path";
import { describe, expect, it } from "vitest";
import type { MilvusAddress } from "../../src/addresses/milvus-address.ts";
import {
  type StoreAddress,
  folderAddress,
  isBareName,
  readStoreAddress,
  relocateAddress,
} from "../../src/addresses/store-address.ts";

describe("the address of a store", () => {
  it.each<[string, StoreAddress]>([
    ["./backup/.rag", { kind: "embedded", path: "./backup/.rag" }],
    ["backup/.rag", { kind: "embedded", path: "backup/.rag" }],
    ["backup/", { kind: "embedded", path: "backup/" }],
    [".", { kind: "embedded", path: "." }],
    [".rag2", { kind: "embedded", path: ".rag2" }],
    ["/srv/rag", { kind: "embedded", path: "/srv/rag" }],
    ["C:\\rag\\store", { kind: "embedded", path: "C:\\rag\\store" }],
    ["./odd:19530", { kind: "embedded", path: "./odd:19530" }],
    ["file:backup", { kind: "embedded", path: "backup" }],
    ["file:./copy.db", { kind: "embedded", path: "./copy.db" }],
    ["file:///srv/my%20rag", { kind: "embedded", path: "/srv/my rag" }],
    ["./milvus.db", { kind: "milvus-lite", path: "./milvus.db" }],
    ["milvus.db", { kind: "milvus-lite", path: "milvus.db" }],
    ["milvus.db/", { kind: "milvus-lite", path: "milvus.db/" }],
  ])("%s", (written, address) => {
    expect(readStoreAddress(written)).toEqual(address);
  });

  it.each<[string, Partial<MilvusAddress>]>([
    ["http://localhost:19530", { target: "localhost:19530", tls: false }],
    ["https://in01.cloud.example", { target: "in01.cloud.example:443", tls: true }],
    ["https://host/my.db", { target: "host:443", database: "my.db" }],
    ["localhost:19530", { target: "localhost:19530", database: null }],
    ["localhost:19530/team", { target: "localhost:19530", database: "team" }],
    ["localhost:19530/", { target: "localhost:19530", database: null }],
    ["root:secret@milvus", { target: "milvus:19530", credentials: "root:secret" }],
    ["[::1]:19530", { target: "[::1]:19530" }],
    [" milvus.internal ", { target: "milvus.internal:19530" }],
  ])("%s is the server's", (written, server) => {
    expect(readStoreAddress(written)).toMatchObject({ kind: "milvus", server });
  });

  it.each(["file:", "file://host/folder"])("%s names no folder", (written) => {
    expect(() => readStoreAddress(written)).toThrow(expect.objectContaining({ code: "invalid-value", exitCode: 2 }));
  });

  it.each([
    ["backup", true],
    ["milvus.internal", true],
    ["localhost:19530", false],
    ["root:pw@milvus", false],
    ["./backup", false],
    ["milvus.db", false],
    [".rag", false],
  ])("%s is a bare name: %s", (written, isBare) => {
    expect(isBareName(written)).toBe(isBare);
  });

  it.each(["backup", "backup/.rag", "copy.db", "../x", "a:1", "/srv/rag"])(
    "can be made for the folder %s",
    (folder) => {
      expect(readStoreAddress(folderAddress(folder))).toEqual({ kind: "embedded", path: folder });
    },
  );

  it("stays the same when it is read from elsewhere", () => {
    const [from, to] = [path.resolve("/project/docs"), path.resolve("/project")];
    for (const written of ["./backup", "file:backup", "../.rag", "milvus.db", ".", "..", "/srv/rag"]) {
      const before = readStoreAddress(written);
      const after = readStoreAddress(relocateAddress(written, from, to));
      expect(after.kind).toBe(before.kind);
      if (before.kind === "milvus" || after.kind === "milvus") throw new TypeError("it is a path");
      expect(path.resolve(to, after.path)).toBe(path.resolve(from, before.path));
    }
    expect(relocateAddress("localhost:19530", from, to)).toBe("localhost:19530");
  });
});
