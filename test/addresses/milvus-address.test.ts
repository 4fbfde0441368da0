import { describe, expect, it } from "vitest";
import { parseMilvusAddress } from "../../src/addresses/milvus-address.ts";

describe("the address of a Milvus server", () => {
  it.each([
    ["localhost", "localhost:19530", "http://localhost:19530"],
    ["localhost:19531", "localhost:19531", "http://localhost:19531"],
    ["http://localhost", "localhost:19530", "http://localhost:19530"],
    ["http://localhost:80", "localhost:80", "http://localhost:80"],
    ["HTTP://LocalHost:19530///", "localhost:19530", "http://localhost:19530"],
    ["  tcp://10.0.0.1:19530/ ", "10.0.0.1:19530", "http://10.0.0.1:19530"],
    ["http://[::1]", "[::1]:19530", "http://[::1]:19530"],
    ["https://in03-1.serverless.gcp.cloud.zilliz.com", "in03-1.serverless.gcp.cloud.zilliz.com:443", null],
    ["HTTPS://host:19530", "host:19530", "https://host:19530"],
    ["https://host:443/", "host:443", "https://host:443"],
  ])("%j is %s", (uri, target, location) => {
    const address = parseMilvusAddress(uri);
    expect(address.target).toBe(target);
    expect(address.tls).toBe(/^https/i.test(uri.trim()));
    expect(address.location).toBe(location ?? `https://${target}`);
    expect([address.credentials, address.database]).toEqual([null, null]);
  });

  it("gives up user, password and database, and names neither of the first two", () => {
    const address = parseMilvusAddress("http://root:p%40ss@host:1/team/");
    expect(address).toMatchObject({ target: "host:1", credentials: "root:p@ss", database: "team" });
    expect(address.location).not.toContain("p@ss");
    expect(address.location).not.toContain("root");
  });

  it.each([
    "",
    "http://",
    "ftp://host",
    "http://host:port",
    "http://host:0",
    "host:0/team",
    "http://user:Secret@host:99999",
    "http://host/a/b",
    "http://host/100%",
    "a b",
  ])("refuses %j without repeating what it may hold", (uri) => {
    expect(() => parseMilvusAddress(uri)).toThrow(expect.objectContaining({ code: "milvus-address", exitCode: 2 }));
    expect(() => parseMilvusAddress(uri)).not.toThrow(/Secret/);
  });
});
