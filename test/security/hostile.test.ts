import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { lstat, mkdir, mkdtemp, readFile, readdir, readlink, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { type Server, createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hostileProjects } from "./hostile-projects.ts";
import type { HostileProject } from "./hostile-projects.ts";
import { plantedProjects } from "./planted-projects.ts";

const allProjects = [...hostileProjects, ...plantedProjects];
const rag = fileURLToPath(new URL("../../bin/rag.js", import.meta.url));

/** Of the environment and of files outside of the projects; none may reach the server, or a screen. */
const canaries = {
  OPENAI_API_KEY: "sk-canary-of-openai-0123456789",
  AZURE_STORAGE_CONNECTION_STRING: "canary-of-azure-0123456789",
  SLACK_WEBHOOK_URL: "https://hooks.invalid/canary-of-slack-0123456789",
  MILVUS_TOKEN: "root:canary-of-milvus-0123456789",
  USERISH: "canaryofauser",
};
const canaryFile = "canary secret keys: the-content-of-a-private-key";
const victimText = "canary secret keys of the victim, which nobody else may read";

let root: string;
let home: string;
let victim: string;
let server: Server;
let port: number;
/** Everything that reached the server, whatever the protocol. */
let received: Buffer[];

beforeAll(async () => {
  root = await realpath(await mkdtemp(path.join(tmpdir(), "rag-hostile-")));
  home = path.join(root, "home");
  victim = path.join(root, "victim");
  await mkdir(path.join(home, ".ssh"), { recursive: true });
  await mkdir(path.join(victim, "docs"), { recursive: true });
  await writeFile(path.join(home, ".ssh/id_rsa"), canaryFile);
  await writeFile(path.join(victim, "docs/v.md"), victimText);
  expect((await run(victim, ["ingest", "docs"])).exitCode).toBe(0);
  received = [];
  server = createServer((socket) => {
    socket.on("data", (data) => received.push(data)).on("error", () => {});
    socket.end("HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
  });
  server.listen(0, "0.0.0.0");
  await once(server, "listening");
  ({ port } = server.address() as AddressInfo);
});
afterAll(async () => {
  server.close();
  await rm(root, { recursive: true, force: true });
});

/** What the tool colours with; no document of the corpus has these. */
const ownColors = /\u001B\[(?:[12]|22|3[0-7]|39)m/g;
/** What a terminal acts on, but for line breaks, tabs and the NUL of --print0. */
const acted = /[\u0001-\u0008\u000B-\u000C\u000E-\u001F\u007F-\u009F\u061C\u202A-\u202E\u2066-\u2069]/;

interface Outcome {
  exitCode: number | null;
  stdout: string;
  stderr: string;
}

/** Standard input stays open, as that of a terminal does: what reads it waits for ever. */
async function run(cwd: string, argv: readonly string[], variables: Record<string, string> = {}): Promise<Outcome> {
  const env = {
    PATH: process.env["PATH"] ?? "",
    HOME: home,
    USERPROFILE: home,
    XDG_CACHE_HOME: path.join(root, "cache"),
    XDG_CONFIG_HOME: path.join(root, "settings"),
    ...canaries,
    ...variables,
  };
  const child = spawn(process.execPath, [rag, ...argv], { cwd, env });
  const timer = setTimeout(() => child.kill("SIGKILL"), 50_000);
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (data) => (stdout += data));
  child.stderr.on("data", (data) => (stderr += data));
  const [exitCode] = (await once(child, "close")) as [number | null];
  clearTimeout(timer);
  return { exitCode, stdout, stderr };
}

/** The paths below a folder, of which no link is followed: `readdir` follows them with `recursive`, round and round. */
async function namesBelow(folder: string, prefix = ""): Promise<string[]> {
  const entries = await readdir(path.join(folder, prefix), { withFileTypes: true });
  const names = entries.map(async (entry) => {
    const name = path.join(prefix, entry.name);
    return entry.isDirectory() ? [name, ...(await namesBelow(folder, name))] : [name];
  });
  return (await Promise.all(names)).flat();
}

/** Every file and link below a folder with its content. */
async function contentOf(folder: string): Promise<string[]> {
  const names = (await namesBelow(folder)).sort();
  const parts = names.map(async (name) => {
    const file = path.join(folder, name);
    const found = await lstat(file);
    if (found.isSymbolicLink()) return `${name} → ${await readlink(file)}`;
    return found.isFile() ? `${name}: ${(await readFile(file)).toString("base64")}` : name;
  });
  return Promise.all(parts);
}

let projects = 0;

async function make({ files = {}, config, links = {}, pipes = [], plant }: HostileProject): Promise<string> {
  const project = path.join(root, `project${projects++}`);
  const filled = (text: string): string =>
    text
      .replaceAll("{{evil}}", `0.0.0.0:${port}`)
      .replaceAll("{{port}}", String(port))
      .replaceAll("{{home}}", home)
      .replaceAll("{{project}}", project)
      .replaceAll("{{pid}}", String(process.pid));
  const place = async (name: string): Promise<string> => {
    const file = path.join(project, name);
    await mkdir(path.dirname(file), { recursive: true });
    return file;
  };
  const all = config === undefined ? files : { ...files, ".ragrc": JSON.stringify(config) };
  await writeFile(await place("docs/own.md"), "# Own\n\nThe project's own canary secret keys.\n");
  for (const [name, content] of Object.entries(all)) await writeFile(await place(name), filled(content));
  for (const [name, target] of Object.entries(links)) await symlink(filled(target), await place(name));
  for (const name of pipes) execFileSync("mkfifo", [await place(name)]);
  await plant?.(project, { home, victim });
  return project;
}

describe.skipIf(process.platform === "win32")("the corpus", () => {
  it("is recorded: what the user allows does reach the server", async () => {
    const baseUrl = "http://{{evil}}/v1";
    const project = await make({ name: "", config: { llm: { provider: "vllm", model: "m", baseUrl } } });
    await run(project, ["ingest", "docs"]);
    received.splice(0);
    expect((await run(project, ["ask", "canary secret keys"], { RAG_ALLOW_HOST: `0.0.0.0:${port}` })).exitCode).toBe(4);
    expect(Buffer.concat(received).toString()).toContain("own canary secret keys");
  });

  it("has at least sixty projects", () => {
    expect(allProjects.length).toBeGreaterThanOrEqual(60);
    expect(new Set(allProjects.map(({ name }) => name)).size).toBe(allProjects.length);
  });
});

describe.skipIf(process.platform === "win32")("a hostile project does no harm", () => {
  it.each(allProjects.map((project) => [project.name, project] as const))(
    "%s",
    { timeout: 180_000 },
    async (_, hostile) => {
      const project = await make(hostile);
      const before = [await contentOf(home), await contentOf(victim)];
      received.splice(0);
      let said = "";
      for (const argv of hostile.commands ?? [
        ["ingest", "docs"],
        ["search", "canary secret keys"],
      ]) {
        const filled = argv.map((word) => word.replaceAll("{{home}}", home));
        const { exitCode, stdout, stderr } = await run(project, filled, hostile.variables);
        said += stderr;
        // Ended by itself, by a code of its own, and not by a bug.
        expect({ argv, exitCode, stderr }).toEqual({
          argv,
          exitCode: expect.toSatisfy((code) => [0, 1, 2, 3, 4].includes(code as number)),
          stderr,
        });
        const shown = stdout + stderr;
        for (const secret of [...Object.values(canaries), "the-content-of-a-private-key", "of the victim"]) {
          expect(shown).not.toContain(secret);
        }
        expect(shown.replaceAll(ownColors, "")).not.toMatch(acted);
      }
      expect(said).toMatch(hostile.says ?? /^/);
      const sent = Buffer.concat(received).toString("latin1");
      for (const secret of [...Object.values(canaries), "canary"]) {
        for (const form of [secret, Buffer.from(secret).toString("base64"), encodeURIComponent(secret)]) {
          expect(sent).not.toContain(form);
        }
      }
      expect([await contentOf(home), await contentOf(victim)]).toEqual(before);
      expect((await namesBelow(project)).filter((name) => path.basename(name) === "ran")).toEqual([]);
      await rm(project, { recursive: true, force: true });
    },
  );
});
