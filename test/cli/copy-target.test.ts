import { describe, expect, it } from "vitest";
import { type CopyTarget, parseCopyTarget, targetConfig } from "../../src/cli/copy-target.ts";
import type { Environment } from "../../src/config/environment.ts";
import { type Config, type ConfigInput, configSchema } from "../../src/config/schema.ts";

describe("--to", () => {
  it.each<[string, CopyTarget]>([
    ["./backup/.rag", { kind: "folder", path: "./backup/.rag" }],
    ["backup/.rag", { kind: "folder", path: "backup/.rag" }],
    [".rag2", { kind: "folder", path: ".rag2" }],
    ["/srv/rag", { kind: "folder", path: "/srv/rag" }],
    ["C:\\rag\\store", { kind: "folder", path: "C:\\rag\\store" }],
    ["./odd:19530", { kind: "folder", path: "./odd:19530" }],
    ["file:backup", { kind: "folder", path: "backup" }],
    ["file:./copy.db", { kind: "folder", path: "./copy.db" }],
    ["file:///srv/my%20rag", { kind: "folder", path: "/srv/my rag" }],
    ["./milvus.db", { kind: "database", path: "./milvus.db" }],
    ["milvus.db", { kind: "database", path: "milvus.db" }],
    ["http://localhost:19530", { kind: "server", uri: "http://localhost:19530" }],
    ["https://in01.cloud.example", { kind: "server", uri: "https://in01.cloud.example" }],
    ["localhost:19530", { kind: "server", uri: "localhost:19530" }],
    ["localhost:19530/team", { kind: "server", uri: "localhost:19530/team" }],
    ["root:secret@milvus", { kind: "server", uri: "root:secret@milvus" }],
    ["[::1]:19530", { kind: "server", uri: "[::1]:19530" }],
  ])("%s", (written, target) => {
    expect(parseCopyTarget(written)).toEqual(target);
  });

  it.each(["backup", "localhost", "milvus.internal", "file:"])("%s could be anything and is refused", (written) => {
    expect(() => parseCopyTarget(written)).toThrow(
      expect.objectContaining({ code: "invalid-value", exitCode: 2, hint: expect.stringContaining("./backup") }),
    );
  });
});

function opened(to: string, config: ConfigInput = {}, variables: Environment["variables"] = {}): Config {
  const environment = {
    variables,
    projectRoot: "/project",
    workingDirectory: "/project/docs",
    configFile: "/project/.ragrc",
    configIsTrusted: true,
  };
  return targetConfig(parseCopyTarget(to), configSchema.parse(config), environment);
}

describe("the target's configuration", () => {
  it("has paths that start in the working folder, written from the project root", () => {
    expect(opened("./backup").store.path).toBe("docs/backup");
    expect(opened("../.rag").store.path).toBe(".rag");
    expect(opened("/srv/rag").store.path).toBe("/srv/rag");
    expect(opened("milvus.db").milvus.uri).toBe("docs/milvus.db");
  });

  it("is of an embedded store, also where the configuration names a server", () => {
    const { milvus, store } = opened("./backup", { milvus: { uri: "localhost:19530", token: "root:Milvus" } });
    expect(store.path).toBe("docs/backup");
    expect([milvus.uri, milvus.token]).toEqual([undefined, undefined]);
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

  it.each(["http://other:19530", "http://mine:19531", "http://mine:19530.example/x"])(
    "sends nothing of it to %s",
    (to) => {
      const { database, tls, token } = opened(to, own).milvus;
      expect([database, tls, token]).toEqual([undefined, undefined, undefined]);
    },
  );

  it("takes MILVUS_TOKEN for another host, and the address's own credentials before all", () => {
    const variables = { MILVUS_TOKEN: "from-environment" };
    expect(opened("http://other:19530", own, variables).milvus.token).toBe("from-environment");
    expect(opened("http://root:pw@other:19530", own, variables).milvus.token).toBeUndefined();
    expect(opened("http://root:pw@mine:19530", own, variables).milvus.token).toBeUndefined();
  });
});
