import { readFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Sandbox, createSandbox } from "./run-rag.ts";

let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await createSandbox();
});

afterAll(() => sandbox.remove());

describe("help and version", () => {
  it("prints help on stdout", async () => {
    const run = await sandbox.rag(["--help"]);
    expect(run).toMatchObject({ exitCode: 0, stderr: "" });
    for (const command of ["ingest", "search", "ask", "collections"]) expect(run.stdout).toContain(command);
  });

  it("prints the help of one command, with the flags of all", async () => {
    const run = await sandbox.rag(["search", "--help"]);
    expect(run.exitCode).toBe(0);
    expect(run.stdout).toContain("--top-k");
    expect(run.stdout).toContain("--collection");
    expect(run.stdout).toContain("Examples:");
  });

  it("prints the version of the package", async () => {
    const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
    expect(await sandbox.rag(["--version"])).toMatchObject({ exitCode: 0, stdout: `${version}\n`, stderr: "" });
  });
});

describe("wrong usage", () => {
  it("says what is wrong and what to do", async () => {
    expect(await sandbox.rag(["search", "q", "--mod", "text"])).toEqual({
      exitCode: 2,
      signal: null,
      stdout: "",
      stderr: "error: unknown option '--mod'\nhint: did you mean --mode?\n",
    });
  });

  it.each([
    [["search", "q", "--mod", "text", "--json"], "usage"],
    [["search", "q", "-k", "x", "--json"], "invalid-value"],
    [["search", "q", "--format", "json", "-k", "x"], "invalid-value"],
    [["search", "q", "--json", "--format", "csv"], "usage"],
    [["search", " ", "--json"], "empty-query"],
    [["search", "q", "--filter", "nonsense", "--json"], "invalid-filter"],
    [["ingest", "--json"], "no-paths"],
    [["collections", "show", "--json", "nothing"], "collection-not-found"],
    [["search", "q", "--json", "--config", "missing.json"], "config-not-found"],
    [["search", "q", "--json", "--embedding", "nope"], "unknown-provider"],
    [["search", "q", "--json", "--llm", "nope"], "unknown-provider"],
    [["collections", "list", "--json", "--llm", "nope"], "unknown-provider"],
    [["ingest", ".", "--dry-run", "--json", "--embedding", "nope/m"], "unknown-provider"],
  ])("with --json is one document on stderr: %j", async (argv, code) => {
    const run = await sandbox.rag(argv);
    expect(run).toMatchObject({ exitCode: 2, stdout: "" });
    const { error } = JSON.parse(run.stderr);
    expect(error.code).toBe(code);
    expect(Object.keys(error)).toEqual(["code", "message", "hint"]);
  });

  it("reports a configuration with five mistakes at once", async () => {
    const broken = await createSandbox();
    try {
      await broken.write({
        ".ragrc": JSON.stringify({
          embedding: { dimensions: "abc", modle: "m" },
          search: { topK: -1, mode: "best" },
          milvus: { token: 12345678 },
        }),
      });
      const run = await broken.rag(["collections", "list"]);
      expect(run).toMatchObject({ exitCode: 2, stdout: "" });
      for (const line of [
        'embedding.dimensions: expected a positive integer, got "abc"',
        "embedding.modle: unknown setting; did you mean model?",
        "search.topK: expected a positive integer of at most 1000, got -1",
        'search.mode: expected one of "hybrid", "dense", "text", got "best"',
        "milvus.token: expected a string, got a number",
      ]) {
        expect(run.stderr).toContain(line);
      }
    } finally {
      await broken.remove();
    }
  });
});

describe("--config", () => {
  it("with a folder asks for the file in it", async () => {
    const { exitCode, stderr } = await sandbox.rag(["collections", "list", "--config", "."]);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/^error: .* is a folder, not a configuration file\nhint: .*--config .*\.ragrc\n$/);
  });
});

describe("a file that is named like a configuration", () => {
  it("is named on stderr, unless nobody wants notices", async () => {
    const other = await createSandbox();
    try {
      await other.write({ "rag.config.yaml": "collection: mine" });
      const run = await other.rag(["collections", "list"]);
      expect(run.exitCode).toBe(0);
      expect(run.stderr).toMatch(/^note: \S*rag\.config\.yaml is not read; settings stand in \.ragrc, /);
      expect((await other.rag(["collections", "list", "-q"])).stderr).toBe("");
    } finally {
      await other.remove();
    }
  });
});

describe("rag alone", () => {
  it("prints a short help, and succeeds", async () => {
    const run = await sandbox.rag([]);
    expect(run).toMatchObject({ exitCode: 0, stderr: "" });
    expect(run.stdout).toContain("rag ingest docs");
    expect(run.stdout.split("\n").length).toBeLessThan(15);
  });
});

describe("colour", () => {
  it("goes into a pipe only where --color or FORCE_COLOR ask for it", async () => {
    const wrong = ["search", "q", "-k", "x"];
    const plain = await sandbox.rag(wrong, { variables: { CLICOLOR_FORCE: "1" } });
    expect(plain.stderr).toMatch(/^error: /);
    expect(plain.stderr).not.toContain(String.fromCharCode(27));
    const forced = await sandbox.rag(wrong, { variables: { FORCE_COLOR: "1" } });
    expect(forced.stderr).toContain(`${String.fromCharCode(27)}[31merror:`);
    expect((await sandbox.rag([...wrong, "--color=always"])).stderr).toBe(forced.stderr);
    expect((await sandbox.rag([...wrong, "--color", "never"], { variables: { FORCE_COLOR: "1" } })).stderr).toBe(
      plain.stderr,
    );
  });
});

describe("stderr", () => {
  it("holds nothing of Node's own, as on TLS to an address without a name", async () => {
    const server = createServer((socket) => {
      socket.on("error", () => {});
      socket.once("data", () => socket.destroy());
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    try {
      const argv = ["search", "q", "--uri", `https://127.0.0.1:${(server.address() as AddressInfo).port}`, "--json"];
      const run = await sandbox.rag(argv);
      expect(run.exitCode).toBe(4);
      expect(JSON.parse(run.stderr).error.code).toMatch(/^milvus-/);
      const traced = await sandbox.rag(argv, { variables: { NODE_OPTIONS: "--trace-warnings" } });
      expect(traced.stderr).toContain("DeprecationWarning");
    } finally {
      server.close();
    }
  });
});

describe("an error that nobody caught", () => {
  it("is reported as a bug, and is no answer of the tool", async () => {
    const thrown = "data:text/javascript,setImmediate(()=>{throw new Error('boom')})";
    for (const [flags, start] of [
      [[], /^error: Error: boom\n/],
      [["--json"], /^\{"error":\{"code":"internal","message":"boom",/],
    ] as const) {
      const child = sandbox.start(["search", "-", ...flags], { NODE_OPTIONS: `--import "${thrown}"` });
      const stderr: Buffer[] = [];
      child.stderr?.on("data", (chunk: Buffer) => stderr.push(chunk));
      const exitCode = await new Promise<number | null>((resolve) => void child.on("close", resolve));
      expect(exitCode).toBe(70);
      expect(Buffer.concat(stderr).toString()).toMatch(start);
      expect(Buffer.concat(stderr).toString()).toContain("this is a bug in rag");
    }
  });
});

describe.skipIf(process.platform === "win32")("a working folder that was deleted", () => {
  it("is no bug of the tool", async () => {
    const run = await sandbox.shell("mkdir gone && cd gone && rmdir ../gone && rag search data --json");
    expect(run).toMatchObject({ exitCode: 2, stdout: "" });
    expect(JSON.parse(run.stderr).error).toEqual({
      code: "no-working-folder",
      message: "the working folder does not exist any more",
      hint: "change into a folder that exists, and run the command again",
    });
  });
});

describe("secrets", () => {
  it.each([
    [["search", "x", "--config"]],
    [["ingest", "--files-from"]],
    [["ask", "x", "--prompt"]],
    [["ingest"]],
    [["collections", "list", "--uri"]],
  ])("do not appear where an address is given for a path: %j", async (argv) => {
    await sandbox.write({ "a.md": "alpha" });
    for (const address of ["http://user:pass-3cr3t@host/x", "http:/user:pass-3cr3t@host/x", "user:pass-3cr3t@host"]) {
      for (const flags of [[], ["--json"], ["--verbose"]]) {
        const run = await sandbox.rag([...argv, address, ...flags]);
        expect(run.exitCode).toBeGreaterThan(1);
        expect(run.stdout + run.stderr).not.toContain("3cr3t");
      }
    }
  });

  it("do not appear, not even with --verbose and in errors", async () => {
    const variables = { MILVUS_TOKEN: "root:tok-3cr3t", OPENAI_API_KEY: "sk-3cr3t-3cr3t-3cr3t" };
    const run = await sandbox.rag(["collections", "show", "root:tok-3cr3t", "-v"], { variables });
    expect(run.exitCode).toBe(2);
    expect(run.stdout + run.stderr).not.toContain("3cr3t");
  });
});

describe("standard input", () => {
  it("is read for -, and may be empty", async () => {
    const run = await sandbox.rag(["search", "-", "--json"], { input: "\n" });
    expect(run.exitCode).toBe(2);
    expect(JSON.parse(run.stderr).error.code).toBe("empty-query");
  });

  it("is given up on Ctrl-C", async () => {
    const child = sandbox.start(["search", "-"]);
    const stderr: Buffer[] = [];
    child.stderr?.on("data", (chunk: Buffer) => stderr.push(chunk));
    const closed = new Promise<number | null>((resolve) => void child.on("close", resolve));
    // More than a pipe holds: it is written when the tool reads.
    await new Promise((resolve) => void child.stdin?.write("some words ".repeat(100_000), resolve));
    child.kill("SIGINT");
    expect(await closed).toBe(130);
    // Nothing was written that could stay.
    expect(Buffer.concat(stderr).toString()).toBe("error: interrupted\n");
  });
});
