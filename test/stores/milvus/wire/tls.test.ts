import { execFileSync } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer as createWebServer } from "node:https";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer as createTlsServer } from "node:tls";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type ConfigInput, configSchema } from "../../../../src/config/schema.ts";
import { UserError } from "../../../../src/errors.ts";
import { openStore } from "../../../../src/stores/index.ts";
import { type StandInTls, startStandIn } from "../../../fixtures/milvus-server.ts";

type Tls = NonNullable<NonNullable<ConfigInput["milvus"]>["tls"]>;

const openssl = hasOpenssl();

function hasOpenssl(): boolean {
  try {
    execFileSync("openssl", ["version"]);
    return true;
  } catch {
    return false;
  }
}

describe.skipIf(!openssl)(
  `a connection to Milvus by TLS${openssl ? "" : " (there is no openssl to make keys with)"}`,
  () => {
    let folder: string;
    const open: (() => unknown)[] = [];
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), "rag-tls-"));
      selfSigned("server", "IP:127.0.0.1");
      selfSigned("named", "DNS:milvus.test");
      selfSigned("client", "DNS:client.test");
    });
    afterEach(async () => {
      for (const close of open.splice(0).reverse()) await close();
    });
    afterAll(() => rm(folder, { recursive: true, force: true }));

    /** Writes `name.pem` and `name.key`. */
    function selfSigned(name: string, alternative: string): void {
      const kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
      const files = ["-keyout", join(folder, `${name}.key`), "-out", join(folder, `${name}.pem`)];
      const subject = ["-subj", `/CN=${name}`, "-addext", `subjectAltName=${alternative}`];
      execFileSync("openssl", ["req", "-x509", ...kind, ...subject, ...files], { stdio: "ignore" });
    }

    async function credentials(name: string): Promise<StandInTls> {
      const [key, certificate] = await Promise.all(
        ["key", "pem"].map((extension) => readFile(join(folder, `${name}.${extension}`))),
      );
      return { key: key as Buffer, certificate: certificate as Buffer };
    }

    async function milvus(tls: StandInTls | null): Promise<string> {
      const { address, close } = await startStandIn(
        { ShowCollections: () => ({ status: {}, collection_names: ["docs"] }) },
        tls,
      );
      open.push(close);
      return address;
    }

    /** The collections there, or the failure. */
    async function list(uri: string, tls?: Tls): Promise<string[] | UserError> {
      const config = configSchema.parse({
        milvus: { uri, timeoutMs: 5_000, token: "root:Secret", ...(tls === undefined ? {} : { tls }) },
      });
      const store = await openStore(config, {
        variables: {},
        projectRoot: folder,
        workingDirectory: folder,
        configFile: null,
        configIsTrusted: true,
      });
      open.push(() => store.close());
      return store.list().catch((error: unknown) => {
        if (error instanceof UserError) return error;
        throw error;
      });
    }

    const failure = (code: string, address: string, message: RegExp, hint: string): unknown =>
      expect.objectContaining({
        code,
        exitCode: 4,
        message: expect.stringMatching(new RegExp(`${address}.*${message.source}`)),
        hint: expect.stringContaining(hint),
      });

    it("is made, where the authority is named", async () => {
      const address = await milvus(await credentials("server"));
      expect(await list(address, { caFile: "server.pem" })).toEqual(["docs"]);
      // A file of TLS says it as well as the scheme does.
      expect(await list(address.replace("https://", ""), { caFile: "server.pem" })).toEqual(["docs"]);
    });

    it("says that the port does not speak it", async () => {
      const address = (await milvus(null)).replace("http:", "https:");
      expect(await list(address)).toEqual(failure("milvus-tls", address, /does not speak TLS/, "http://"));
    });

    it("says so of a port that answers with a line of text, too", async () => {
      const server = createServer((socket) => socket.on("error", () => {}).end("220 mail.test ESMTP\r\n"));
      const address = `https://127.0.0.1:${await listening(server)}`;
      expect(await list(address)).toEqual(failure("milvus-tls", address, /does not speak TLS/, "http://"));
    });

    it("is asked for, where a Milvus behind TLS is spoken to in plain text", async () => {
      const address = (await milvus(await credentials("server"))).replace("https:", "http:");
      expect(await list(address)).toEqual(failure("milvus-tls", address, /wants TLS/, "https://"));
    });

    it("is asked for, where any server behind TLS is spoken to in plain text", async () => {
      const { key, certificate } = await credentials("server");
      const server = createTlsServer({ key, cert: certificate });
      server.on("tlsClientError", () => {});
      const address = `http://127.0.0.1:${await listening(server)}`;
      expect(await list(address)).toEqual(failure("milvus-tls", address, /wants TLS/, "https://"));
    });

    it("says that what speaks it is no Milvus", async () => {
      const { key, certificate } = await credentials("server");
      const server = createWebServer({ key, cert: certificate }, (_, response) => response.end("a page"));
      const address = `https://127.0.0.1:${await listening(server)}`;
      for (const tls of [undefined, { caFile: "server.pem" }]) {
        expect(await list(address, tls)).toEqual(
          failure("milvus-not-milvus", address, /is not a Milvus: it does not speak HTTP\/2$/, "19530"),
        );
      }
    });

    it("is refused by us, where nobody vouches for the certificate", async () => {
      const address = await milvus(await credentials("server"));
      expect(await list(address)).toEqual(failure("milvus-tls", address, /not accepted: self.signed/, "caFile"));
    });

    it("is refused by us, where the certificate has another name, unless that is configured", async () => {
      const address = await milvus(await credentials("named"));
      const tls = { caFile: "named.pem" };
      expect(await list(address, tls)).toEqual(failure("milvus-tls", address, /not accepted.*altnames/, "serverName"));
      expect(await list(address, { ...tls, serverName: "milvus.test" })).toEqual(["docs"]);
    });

    it("carries the client's certificate, and says when one is wanted", async () => {
      const server = await credentials("server");
      const address = await milvus({ ...server, clientAuthority: await readFile(join(folder, "client.pem")) });
      const tls = { caFile: "server.pem" };
      expect(await list(address, { ...tls, certFile: "client.pem", keyFile: "client.key" })).toEqual(["docs"]);
      expect(await list(address, tls)).toEqual(
        failure("milvus-tls", address, /client's certificate.*required/, "certFile"),
      );
    });

    async function listening(server: ReturnType<typeof createServer>): Promise<number> {
      const sockets = new Set<{ destroy(): void }>();
      server.on("connection", (socket) => sockets.add(socket));
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      open.push(() => {
        for (const socket of sockets) socket.destroy();
        server.close();
      });
      return (server.address() as AddressInfo).port;
    }
  },
);
