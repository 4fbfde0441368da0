import { readFile, readdir, rm, stat } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { completes, done, says, stops, streams } from "../../fakes/chat-answers.ts";
import { type FakeServer, type Handler, type RecordedRequest, startFakeServer } from "../../fakes/openai-server.ts";
import { needing } from "../../fixtures/needs.ts";
import { type Terminal, openTerminal } from "../../fixtures/terminal.ts";
import { type Sandbox, createSandbox } from "../run-rag.ts";

const rag = fileURLToPath(new URL("../../../bin/rag.js", import.meta.url));
const storage = "Data is stored in the folder .rag beside the configuration file.";
const deletion = "To delete a collection, run `rag collections drop`. It asks first.";
const stored = `${storage} [1]\n\nSources:\n[1] docs/guide.md:5  Guide › Storage\n`;

let sandbox: Sandbox;
let server: FakeServer | undefined;
let terminal: Terminal | undefined;

beforeAll(async () => {
  sandbox = await createSandbox();
  await sandbox.write({
    "docs/guide.md": `# Guide\n\n## Storage\n\n${storage}\n`,
    "docs/delete.md": `# Collections\n\n## Deleting\n\n${deletion}\n`,
  });
  for (const name of ["docs", "other"]) {
    expect((await sandbox.rag(["ingest", "docs", "--collection", name])).exitCode).toBe(0);
  }
});

afterAll(() => sandbox.remove());

afterEach(async () => {
  terminal?.kill();
  terminal = undefined;
  await server?.close();
  server = undefined;
});

/** Flags that ask the model behind a server that answers like this. */
async function model(handler: Handler): Promise<string[]> {
  server = await startFakeServer({ handlers: { "/v1/chat/completions": handler } });
  const llm = { provider: "ollama", model: "m", baseUrl: server.baseUrl, timeoutMs: 60_000 };
  await sandbox.write({ "llm.json": JSON.stringify({ llm }) });
  return ["--config", "llm.json"];
}

/** The answer in a stream; a question is rewritten to this. */
const rewriting =
  (answer: Handler, rewritten: string): Handler =>
  (request, response) =>
    request.body?.["stream"] === true
      ? answer(request, response)
      : completes({ content: rewritten })(request, response);

const contents = ({ body }: RecordedRequest): string[] =>
  ((body?.["messages"] ?? []) as { content: string }[]).map(({ content }) => content);

const home = () => path.join(sandbox.folder, "..", "home");

describe("rag chat in a pipe", () => {
  it("answers line by line, and understands what a question refers to", async () => {
    const run = await sandbox.rag(["chat"], { input: "How is data stored?\n\nand where is that beside?\n" });
    expect(run).toMatchObject({ exitCode: 0, stdout: `${stored}\n${stored}\n` });
    expect(run.stderr).toBe("");
  });

  it("takes several lines as one question", async () => {
    const input = 'How is\\\ndata stored?\n"""How do I delete\na collection?"""\n';
    const { stdout, exitCode } = await sandbox.rag(["chat"], { input });
    expect(exitCode).toBe(0);
    expect(stdout.startsWith(`${stored}\n${deletion} [1]\n`)).toBe(true);
  });

  it("has commands", async () => {
    const input = [
      "/sources",
      "How is data stored?",
      "/sources",
      "/context",
      "/filter source=docs/delete.md",
      "How is data stored?",
      "/filter off",
      "/collection nothing",
      "/collection oth*",
      "How is data stored?",
      "/souces",
      "/help",
      "/save talk.md",
      "/save talk.md",
      "/new",
      "/exit",
      "not asked",
    ].join("\n");
    const { stdout, stderr, exitCode } = await sandbox.rag(["chat"], { input });
    expect(exitCode).toBe(3);
    expect(stdout).toContain(`${stored}\nSources:\n[1] docs/guide.md:5  Guide › Storage\nContext:\n[1] docs/guide.md:`);
    expect(stdout).toContain("/filter [condition|off]  ");
    expect(stdout).not.toContain("not asked");
    const [, ...notes] = stderr.split(/^(?=note|error)/m).map((text) => text.trim());
    expect(stderr).toMatch(/^note: nothing was answered yet$/m);
    expect(notes).toEqual([
      "note: filters: source=docs/delete.md",
      "note: no filter",
      expect.stringMatching(/^error: there is no collection nothing in \.rag; it holds: docs, other/),
      "note: collection oth*",
      "error: there is no command /souces\nhint: did you mean /sources?",
      "note: written to talk.md",
      "error: cannot write talk.md: it is there already\nhint: name another file",
      "note: a new conversation begins",
    ]);
    const talk = await readFile(path.join(sandbox.folder, "talk.md"), "utf8");
    expect(talk.match(/^## How is data stored\?$/gm)).toHaveLength(3);
    expect(talk).toContain(`${storage} [1]\n\n- \\[1\\] [docs/guide.md:5](docs/guide.md#L5)\n`);
  });

  it("sees what is ingested meanwhile", async () => {
    const child = sandbox.start(["chat", "--collection", "growing"]);
    const early = await new Promise((resolve) => child.on("close", resolve));
    expect(early).toBe(2);

    await sandbox.rag(["ingest", "docs/guide.md", "--collection", "growing"]);
    const chat = sandbox.start(["chat", "--collection", "growing"]);
    let stdout = "";
    const shows = (text: string) =>
      new Promise<void>((resolve) => {
        const look = () => stdout.includes(text) && resolve();
        chat.stdout?.on("data", look);
        look();
      });
    chat.stdout?.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
    const closed = new Promise((resolve) => chat.on("close", resolve));
    chat.stdin?.write("How is data stored?\n");
    await shows("docs/guide.md:5");
    await sandbox.rag(["ingest", "docs", "--collection", "growing"]);
    chat.stdin?.end("How do I delete a collection?\n");
    await shows(deletion);
    expect(await closed).toBe(0);
  });

  it("goes on after a question that fails", async () => {
    const answer = streams(says(`${storage} [1]`), stops(), done);
    const flags = await model((request, response) =>
      contents(request).at(-1)?.includes("<question>\nHow is data kept") || server?.requests.length === 1
        ? void response.writeHead(401, { "content-type": "application/json" }).end("{}")
        : answer(request, response),
    );
    const run = await sandbox.rag(["chat", ...flags], { input: "How is data kept?\nHow is data stored?\n" });
    expect(run.exitCode).toBe(3);
    expect(run.stdout).toBe(`${stored}\n`);
    expect(run.stderr).toMatch(/^error: /m);
  });

  it("prints no JSON", async () => {
    expect(await sandbox.rag(["chat", "--json"])).toMatchObject({ exitCode: 2, stdout: "" });
  });
});

describe("a conversation with a model", () => {
  it("has follow-up questions rewritten, and shows the model the turns before as material", async () => {
    const answer = streams(says(`</conversation> ${storage} [1]`), stops(), done);
    const flags = await model(rewriting(answer, "How is data stored in the folder?"));
    const run = await sandbox.rag(["chat", ...flags], { input: "How is data stored?\nand where?\n" });
    expect(run.exitCode).toBe(0);
    const requests = (server?.requests ?? []).map(contents);
    expect(requests).toHaveLength(3);
    const [first, rewrite, second] = requests;
    expect(first?.join("\n")).not.toContain("conversation>");
    expect(rewrite?.at(-1)).toContain("<asked>How is data stored?</asked>");
    expect(rewrite?.at(-1)).toContain("<question>and where?</question>");
    // What an answer says closes nothing, and the numbers of its passages are left out.
    const block = `<conversation>\n<asked>How is data stored?</asked>\n<answered>&lt;/conversation> ${storage}</answered>\n</conversation>\n`;
    expect(second?.at(-1)?.startsWith(block)).toBe(true);
    expect(second?.at(-1)).toContain("it is no source");
    expect(second?.at(-1)).toContain("<question>\nand where?\n</question>");
    expect(second?.at(-1)).toContain(storage);
  });

  it("searches with the words of the last turn where the model does not rewrite the question", async () => {
    const answer = streams(says(`${storage} [1]`), stops(), done);
    const flags = await model((request, response) =>
      request.body?.["stream"] === true
        ? answer(request, response)
        : void response.writeHead(400, { "content-type": "application/json" }).end('{"error":{"message":"no"}}'),
    );
    const input = "How is data stored?\nand where is it?\n";
    const run = await sandbox.rag(["chat", "-v", ...flags], { input });
    expect(run.stdout).toBe(`${stored}\n${stored}\n`);
    expect(run.stderr).toMatch(/^warning: ollama\/m did not rewrite the question \(.*\)/m);
    expect(run.stderr).toMatch(/^rewrite: .*\(and where is it\? data stored\)$/m);
  });
});

describe("rag ask --continue", () => {
  it("goes on with the last conversation, which is kept for the user alone and outside of the project", async () => {
    await rm(path.join(home(), ".local"), { recursive: true, force: true });
    await sandbox.rag(["ask", "--continue", "How is data stored?"]);
    const second = await sandbox.json<Record<string, unknown>>("ask", "--continue", "and where is it?");
    expect(second).toMatchObject({ question: "and where is it?", standalone: "and where is it? data stored" });
    const third = await sandbox.rag(["chat", "--continue"], { input: "and what about that?\n" });
    expect(third.stdout).toContain(storage);

    const folder = path.join(home(), ".local", "state", "milvus-rag", "conversations");
    const [name = "", ...others] = await readdir(folder);
    expect(others).toEqual([]);
    const file = path.join(folder, name);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(JSON.parse(await readFile(file, "utf8"))).toHaveLength(3);

    // A question by itself is none of it, and leaves no trace.
    const kept = await readFile(file, "utf8");
    const alone = await sandbox.json<Record<string, unknown>>("ask", "How do I delete a collection?");
    expect(alone).not.toHaveProperty("standalone");
    expect(await readFile(file, "utf8")).toBe(kept);
  });

  it("begins one where there is none, and says so", async () => {
    const variables = { XDG_STATE_HOME: path.join(home(), "empty") };
    const run = await sandbox.rag(["ask", "--continue", "How is data stored?"], { variables });
    expect(run).toMatchObject({ exitCode: 0, stdout: stored });
    expect(run.stderr).toContain("there is no conversation yet: this begins one");
    expect(await readdir(path.join(home(), "empty", "milvus-rag"))).toEqual(["conversations"]);
  });

  it("answers where nothing can be kept", async () => {
    const variables = { XDG_STATE_HOME: path.join(sandbox.folder, "docs", "guide.md") };
    const plain = await sandbox.rag(["ask", "How is data stored?", "-q"], { variables });
    expect(plain).toMatchObject({ exitCode: 0, stdout: stored, stderr: "" });
    const continued = await sandbox.rag(["ask", "--continue", "How is data stored?"], { variables });
    expect(continued.exitCode).toBe(0);
    expect(continued.stderr).toContain("warning: the conversation is not kept: ");
  });
});

describe("rag chat on a terminal", needing("pseudo-terminals"), () => {
  const open = (...argv: string[]) => {
    const variables = { HOME: home() };
    terminal = openTerminal([process.execPath, rag, "chat", ...argv], { cwd: sandbox.folder, variables });
    return terminal;
  };
  /** The prompt, with the cursor behind it. */
  const prompt = /› \u001B\[3G/;

  it("ends an answer by Ctrl-C, and goes on", async () => {
    const flags = await model(
      rewriting((request, response) => {
        const isFirst = contents(request).at(-1)?.includes("<conversation>") === false && server?.requests.length === 1;
        return streams(
          says("Data is "),
          ...(isFirst ? [{ hang: true } as const] : [says("stored [1]."), stops(), done]),
        )(request, response);
      }, "x"),
    );
    const { until, type, ended } = open(...flags);
    expect(await until(prompt)).toContain("docs, ollama/m; /help lists the commands, Ctrl-D ends");
    type("How is data stored?\r");
    await until(/Data is/);
    type("\u0003");
    expect(await until(prompt)).toContain("note: interrupted");
    type("How is data stored?\r");
    expect(await until(prompt)).toContain("Data is stored [1].");
    type("\u0004");
    expect(await ended).toBe(0);
    expect(server?.requests[0]?.aborted).toBe(true);
  });

  it("ends by Ctrl-C twice at the prompt; once empties the line", async () => {
    const { until, type, ended } = open();
    await until(prompt);
    type("half a que");
    await until(/half a que/);
    type("\u0003");
    expect(await until(prompt)).not.toContain("press Ctrl-C again");
    type("\u0003");
    expect(await until(prompt)).toContain("note: press Ctrl-C again, or Ctrl-D, to end the chat");
    type("\u0003");
    expect(await ended).toBe(130);
  });

  it("remembers what was typed in earlier runs", async () => {
    const first = open();
    await first.until(prompt);
    first.type("Where is an earlier question?\r");
    await first.until(prompt);
    first.type("\u0004");
    expect(await first.ended).toBe(0);

    const second = open();
    await second.until(prompt);
    second.type("\u001B[A");
    await second.until(/Where is an earlier question\?/);
    second.type("\u0003");
    await second.until(prompt);
    second.type("\u0004");
    expect(await second.ended).toBe(0);
  });
});
