import { describe, expect, it } from "vitest";
import { targetConfig } from "../../../src/cli/arguments/copy-target.ts";
import type { Environment } from "../../../src/config/environment.ts";
import { type Config, type ConfigInput, configSchema } from "../../../src/config/schema.ts";

function opened(to: string, config: ConfigInput = {}, variables: Environment["variables"] = {}): Config {
  const environment = {
    variables,
    projectRoot: "/project",
    workingDirectory: "/project/docs",
    configFile: "/project/.ragrc",
    configIsTrusted: true,
  };
  return targetConfig(to, configSchema.parse(config), environment);
}

describe("the target's configuration", () => {
  it("has paths that start in the working folder, written from the project root", () => {
    expect(opened("./backup").milvus.uri).toBe("docs/backup");
    expect(opened("file:../backup").milvus.uri).toBe("file:backup");
    expect(opened("../.rag").milvus.uri).toBe(".rag");
    expect(opened("/srv/rag").milvus.uri).toBe("/srv/rag");
    expect(opened("milvus.db").milvus.uri).toBe("docs/milvus.db");
  });

  it("is of an embedded store, also where the configuration names a server", () => {
    const { milvus } = opened("./backup", { milvus: { uri: "localhost:19530", token: "root:Milvus" } });
    expect([milvus.uri, milvus.token]).toEqual(["docs/backup", undefined]);
  });

  it.each(["backup", "localhost", "milvus.internal"])("is refused for %s, which could be a folder", (written) => {
    expect(() => opened(written)).toThrow(
      expect.objectContaining({ code: "invalid-value", exitCode: 2, hint: expect.stringContaining("./backup") }),
    );
  });

  const own: ConfigInput = {
    milvus: { uri: "https://mine:19530", token: "own-token", database: "team", tls: { caFile: "ca.pem" } },
  };

  it("keeps the configured server's token, database and TLS for that host", () => {
    expect(opened("http://MINE:19530", own).milvus).toMatchObject({
      uri: "http://MINE:19530",
      token: "own-token",
      database: "team",
      tls: { caFile: "ca.pem" },
    });
    expect(opened("http://mine:19530/other", own).milvus.database).toBeUndefined();
  });

  it.each([
    ["http://mine", "http://mine:19530"],
    ["mine:19530", "http://mine"],
    ["https://mine", "https://mine:443"],
    ["http://[::1]", "http://[0:0:0:0:0:0:0:1]:19530"],
  ])("keeps them where %s is configured and %s is the same host and port", (uri, to) => {
    expect(opened(to, { milvus: { uri, token: "own-token" } }).milvus.token).toBe("own-token");
  });

  it.each(["http://other:19530", "http://mine:19531", "http://mine.example/x"])("sends nothing of it to %s", (to) => {
    const { database, tls, token } = opened(to, own).milvus;
    expect([database, tls, token]).toEqual([undefined, undefined, undefined]);
  });

  it("refuses an address that only begins like the configured server's", () => {
    expect(() => opened("http://mine:19530.example/x", own)).toThrow(
      expect.objectContaining({ code: "milvus-address", exitCode: 2 }),
    );
  });

  it("takes MILVUS_TOKEN for another host, and the address's own credentials before all", () => {
    const variables = { MILVUS_TOKEN: "from-environment" };
    expect(opened("http://other:19530", own, variables).milvus.token).toBe("from-environment");
    expect(opened("http://root:pw@other:19530", own, variables).milvus.token).toBeUndefined();
    expect(opened("http://root:pw@mine:19530", own, variables).milvus.token).toBeUndefined();
  });
});
