import { EventEmitter, once } from "node:events";
import { afterEach, describe, expect, it } from "vitest";

import { openChatModel } from "../../../src/chat/index.ts";
import type { ChatEvent, ChatModel } from "../../../src/chat/types.ts";
import { configSchema } from "../../../src/config/schema.ts";
import type { ConfigInput } from "../../../src/config/schema.ts";
import { ModelError } from "../../../src/models/model-error.ts";
import { completes, counts, done, says, stops, streams } from "../../fakes/chat-answers.ts";
import { apiError, dialects, faults, Refusal, startFakeServer } from "../../fakes/openai-server.ts";
import type { FakeServer, FakeServerOptions, Handler } from "../../fakes/openai-server.ts";

const key = "sk-verysecretkey123456";
const path = "/v1/chat/completions";

let server: FakeServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

async function start(handler: Handler, options: FakeServerOptions = {}): Promise<FakeServer> {
  server = await startFakeServer({ key, handlers: { [path]: handler }, ...options });
  return server;
}

function open(at: FakeServer, llm: ConfigInput["llm"] = {}): Promise<ChatModel> {
  const config = configSchema.parse({
    llm: { provider: "openai", model: "test-model", baseUrl: at.baseUrl, timeoutMs: 5000, ...llm },
  });
  return openChatModel(config, {
    variables: { OPENAI_API_KEY: key },
    projectRoot: "/nowhere",
    workingDirectory: "/nowhere",
    configFile: null,
    configIsTrusted: true,
  });
}

interface Outcome {
  text: string;
  reasoning: string;
  events: ChatEvent[];
  error: unknown;
}

/** Asks until the answer ends, one way or the other. */
async function answer(model: ChatModel, options: { stream?: boolean; signal?: AbortSignal } = {}): Promise<Outcome> {
  const outcome: Outcome = { text: "", reasoning: "", events: [], error: null };
  const messages = [
    { role: "system" as const, content: "Be brief." },
    { role: "user" as const, content: "Why?" },
  ];
  try {
    for await (const event of model.answer({
      question: "Why?",
      passages: [],
      frequencies: null,
      messages,
      stream: true,
      ...options,
    })) {
      outcome.events.push(event);
      if (event.type === "text" || event.type === "reasoning") outcome[event.type] += event.text;
    }
  } catch (error) {
    outcome.error = error;
  }
  return outcome;
}

const good = streams(says("Because", { role: "assistant" }), says(" [1]."), stops(), counts(12, 4), done);

describe("a chat model behind the API", () => {
  it("streams an answer with its usage", async () => {
    const at = await start(good);
    const model = await open(at, { temperature: 0.2, maxTokens: 300 });
    const { text, events, error } = await answer(model);
    expect(error).toBeNull();
    expect(text).toBe("Because [1].");
    expect(events.at(-1)).toEqual({ type: "usage", usage: { inputTokens: 12, outputTokens: 4 } });
    expect(model).toMatchObject({ name: "openai/test-model", generative: true });
    expect(at.requests).toHaveLength(1);
    expect(at.requests[0]?.body).toEqual({
      model: "test-model",
      messages: [
        { role: "system", content: "Be brief." },
        { role: "user", content: "Why?" },
      ],
      stream: true,
      stream_options: { include_usage: true },
      temperature: 0.2,
      max_tokens: 300,
    });
  });

  it("passes on each piece before the next one is sent", async () => {
    const reader = new EventEmitter();
    const isRead = once(reader, "read");
    const at = await start(async (_, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write('data: {"choices":[{"delta":{"content":"first"}}]}\n\n');
      await isRead;
      response.end('data: {"choices":[{"delta":{"content":"last"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n');
    });
    const pieces: string[] = [];
    const model = await open(at);
    for await (const event of model.answer({
      question: "",
      passages: [],
      frequencies: null,
      messages: [],
      stream: true,
    })) {
      if (event.type !== "text") continue;
      pieces.push(event.text);
      // The server goes on only when the first piece was read: a reader that waits for more would hang.
      reader.emit("read");
    }
    expect(pieces).toEqual(["first", "last"]);
  });

  it("takes an answer in one piece, asked for or not", async () => {
    const at = await start(completes({ content: "<think>hm</think>Because [1]." }));
    const whole = await answer(await open(at), { stream: false });
    expect(whole).toMatchObject({ text: "Because [1].", reasoning: "hm", error: null });
    expect(whole.events.at(-1)).toEqual({ type: "usage", usage: { inputTokens: 11, outputTokens: 7 } });
    expect(at.requests[0]?.body).toMatchObject({ stream: false });
    expect(at.requests[0]?.body).not.toHaveProperty("stream_options");
    expect(await answer(await open(at))).toMatchObject({ text: "Because [1].", error: null });
  });

  it.each([
    ["reasoning_content", streams(says("", { reasoning_content: "hm" }), says("Yes"), stops(), done)],
    ["reasoning", streams(says(null, { reasoning: "hm" }), says("Yes"), stops(), done)],
    ["a think tag", streams(says("<th"), says("ink>h"), says("m</thi"), says("nk>\n\nY"), says("es"), stops(), done)],
    [
      "parts of content",
      streams(
        says([{ type: "thinking", thinking: [{ type: "text", text: "hm" }] }]),
        says([{ type: "text", text: "Yes" }]),
        stops(),
        done,
      ),
    ],
  ])("keeps thinking that comes as %s out of the answer", async (_, handler) => {
    expect(await answer(await open(await start(handler)))).toMatchObject({ text: "Yes", reasoning: "hm", error: null });
  });

  it("reads events that are cut anywhere, characters of several bytes included", async () => {
    const text = `: comment\r\n\r\ndata: ${JSON.stringify({ choices: [{ delta: { content: "数据 🙂" }, finish_reason: "stop" }] })}\r\n\r\ndata: [DONE]\r\n\r\n`;
    const at = await start(async (_, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      for (const byte of Buffer.from(text)) {
        response.write(Buffer.from([byte]));
        await new Promise((resolve) => setImmediate(resolve));
      }
      response.end();
    });
    expect(await answer(await open(at))).toMatchObject({ text: "数据 🙂", error: null });
  });

  it("reads the last event of a stream that ends without an empty line", async () => {
    const at = await start((_, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(`data: ${JSON.stringify({ choices: [{ delta: { content: "Yes" } }] })}\n\n`);
      response.end(`data: ${JSON.stringify({ choices: [{ delta: {}, finish_reason: "stop" }] })}\n`);
    });
    expect(await answer(await open(at))).toMatchObject({ text: "Yes", error: null });
  });

  it("says that the answer is cut at the token limit", async () => {
    const at = await start(streams(says("Because"), stops("length"), done));
    expect((await answer(await open(at, { maxTokens: 5 }))).events).toContainEqual({
      type: "truncated",
      reason: "it reached the limit of 5 tokens (llm.maxTokens)",
    });
  });

  it("says so where it is the model's own limit", async () => {
    const at = await start(streams(says("Because"), stops("length"), counts(2022, 26), done));
    expect((await answer(await open(at, { maxTokens: 30 }))).events).toContainEqual({
      type: "truncated",
      reason: "it reached the model's own limit, at 2048 tokens with the passages (ask.maxContextChars)",
    });
  });

  it.each([
    ["ends", streams()],
    ["ends well", streams(says("", { role: "assistant" }), done)],
    ["breaks", streams({ reset: true })],
  ])("asks for one piece where a stream %s before it has begun, to learn why", async (_, handler) => {
    const at = await start((request, response) => {
      if (request.body?.["stream"] === true) return handler(request, response);
      return new Refusal(400, apiError("This model's maximum context length is 4096 tokens."));
    });
    expect((await answer(await open(at))).error).toMatchObject({ kind: "too-long" });
    expect(at.requests).toHaveLength(2);
    expect(at.requests[1]?.body).not.toHaveProperty("stream_options");
  });

  it("says so where the server ends an answer for no reason, as for another request", async () => {
    const at = await start(streams(says("Because"), done));
    const { text, events, error } = await answer(await open(at));
    expect({ text, error }).toEqual({ text: "Because", error: null });
    expect(events).toContainEqual({ type: "truncated", reason: expect.stringContaining("without saying why") });
  });

  it("takes the answer in one piece from a server that cannot stream it", async () => {
    const whole = completes({ content: "Because [1]." });
    const at = await start((request, response) =>
      request.body?.["stream"] === true ? streams()(request, response) : whole(request, response),
    );
    expect(await answer(await open(at))).toMatchObject({ text: "Because [1].", error: null });
  });

  it("does without usage, and without [DONE] after the model has stopped", async () => {
    const at = await start(streams(says("Yes"), stops()));
    const { text, events, error } = await answer(await open(at));
    expect({ text, error }).toEqual({ text: "Yes", error: null });
    expect(events.some(({ type }) => type === "usage")).toBe(false);
  });

  it("has the answer though the connection breaks before its token count", async () => {
    const at = await start(streams(says("Yes"), stops(), { reset: true }));
    expect(await answer(await open(at))).toMatchObject({ text: "Yes", error: null });
  });

  it("does not wait for a connection that stays open behind the answer", async () => {
    const at = await start(streams(says("Yes"), stops(), done, { hang: true }));
    expect(await answer(await open(at, { timeoutMs: 60_000 }))).toMatchObject({ text: "Yes", error: null });
  });

  it.each<[field: string, llm: { maxTokens?: number }, body: unknown, status: number]>([
    ["stream_options", {}, apiError("Unrecognized request argument supplied: stream_options"), 400],
    [
      "max_tokens",
      { maxTokens: 9 },
      apiError(
        "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
      ),
      400,
    ],
    ["stream_options", {}, dialects.fastApiFields(["stream_options", "Extra inputs are not permitted"]), 422],
  ])("asks again without %s where the server refuses it", async (field, llm, body, status) => {
    const at = await start((request, response) =>
      request.body?.[field] === undefined ? good(request, response) : new Refusal(status, body),
    );
    expect(await answer(await open(at, llm))).toMatchObject({ text: "Because [1].", error: null });
    expect(at.requests).toHaveLength(2);
    expect(at.requests[1]?.body?.["max_completion_tokens"]).toBe(llm.maxTokens);
  });

  it("asks a slow server, and one that fails at first, again", async () => {
    const at = await start(good, {
      latencyMs: 30,
      fault: ({ index }) =>
        index === 0 ? faults.rateLimited({ "retry-after-ms": "10" }) : index === 1 ? faults.serverError(503) : null,
    });
    expect(await answer(await open(at))).toMatchObject({ text: "Because [1].", error: null });
    expect(at.requests).toHaveLength(3);
  });
});

describe("a model that its provider has ended", () => {
  const model = "deepseek-chat";
  /** What DeepSeek has answered since 2026-07-24. */
  const refusal = apiError(
    `The supported API model names are deepseek-flash, deepseek-v4-pro, but you passed ${model}.`,
  );

  it("is asked for by the name that the user wrote, and works where the provider still has it", async () => {
    const at = await start(good);
    const outcome = await answer(await open(at, { provider: "deepseek", model, apiKey: key }));
    expect(outcome).toMatchObject({ text: "Because [1].", error: null });
    expect(at.requests[0]?.body).toMatchObject({ model });
  });

  it("is refused with the name of the one to use now", async () => {
    const at = await start(() => new Refusal(400, refusal));
    const { error } = await answer(await open(at, { provider: "deepseek", model, apiKey: key }));
    expect(at.requests.map(({ body }) => body?.["model"])).toEqual([model]);
    expect(error).toMatchObject({ kind: "not-found", exitCode: 4 });
    const { message, hint } = error as ModelError;
    expect(message).toContain("but you passed deepseek-chat");
    expect(hint).toBe('set llm.model to "deepseek-flash", which takes the place of "deepseek-chat" at DeepSeek');
  });
});

describe("a failure", () => {
  const cases: [name: string, handler: Handler, fault: FakeServerOptions["fault"], kind: string, requests: number][] = [
    ["429 that lasts too long", good, () => faults.rateLimited({ "retry-after": "600" }), "rate-limit", 1],
    ["an empty account", good, () => faults.outOfQuota(), "quota", 1],
    ["500 again and again", good, () => faults.serverError(), "server", 3],
    ["an unknown model", good, () => faults.unknownModel("test-model"), "not-found", 1],
    ["a wrong key", good, () => faults.wrongKey(key), "auth", 1],
    ["a proxy's error page", good, () => faults.htmlPage(), "server", 3],
    ["a proxy's page with status 200", good, () => faults.htmlPage(200), "bad-response", 1],
    ["JSON that is cut off", completes({ content: "Yes" }), () => ({ type: "truncate" }), "bad-response", 1],
    ["an answer without a message", () => ({ object: "list" }), undefined, "bad-response", 1],
    ["a stream without a message, twice", streams(done), undefined, "bad-response", 2],
    ["a stream without anything, twice", streams(), undefined, "bad-response", 2],
    ["a reset before the answer", good, () => ({ type: "reset" }), "connection", 3],
  ];

  it.each(cases)("%s: names the model, what happened and what to do", async (_, handler, fault, kind, requests) => {
    const at = await start(handler, fault === undefined ? {} : { fault });
    const { error, text } = await answer(await open(at));
    expect(text).toBe("");
    expect(error).toBeInstanceOf(ModelError);
    expect(error).toMatchObject({ kind, exitCode: 4, hint: expect.stringMatching(/\w/) as string });
    expect((error as ModelError).message).toMatch(/^OpenAI \(test-model\): \w/);
    expect(JSON.stringify([error, (error as ModelError).message, (error as ModelError).hint])).not.toContain(key);
    expect(at.requests).toHaveLength(requests);
  });

  it.each([
    ["a reset", streams(says("Half"), { reset: true }), "connection"],
    ["the end of the stream", streams(says("Half")), "bad-response"],
    ["an event that is cut off", streams(says("Half"), { raw: 'data: {"choices":[{"del\n\n' }), "bad-response"],
    ["an error of the server", streams(says("Half"), { data: apiError(`Overloaded, ${key}`) }), "server"],
    ["a stop for an error", streams(says("Half"), stops("error"), done), "server"],
    ["silence", streams(says("Half"), { hang: true }), "timeout"],
  ])("in the middle, by %s, keeps what arrived and is not repeated", async (_, handler, kind) => {
    const at = await start(handler);
    const { text, error } = await answer(await open(at, { timeoutMs: 300 }));
    expect(text).toBe("Half");
    expect(error).toMatchObject({ kind, exitCode: 4 });
    expect((error as Error).message).not.toContain(key);
    expect(at.requests).toHaveLength(1);
  });

  it("is silence before the first word", async () => {
    const at = await start(good, { fault: () => ({ type: "hang" }) });
    expect((await answer(await open(at, { timeoutMs: 200 }))).error).toMatchObject({
      kind: "timeout",
      hint: expect.stringContaining("llm.timeoutMs") as string,
    });
  });

  it("is no silence while pieces come", async () => {
    const steps = Array.from({ length: 12 }, () => [says("."), { wait: 100 }]).flat();
    const at = await start(streams(...steps, stops(), done));
    expect(await answer(await open(at, { timeoutMs: 800 }))).toMatchObject({ text: "............", error: null });
  });

  it("by the content filter is told as such", async () => {
    const at = await start(streams(says("Half"), stops("content_filter"), done));
    expect((await answer(await open(at))).error).toMatchObject({
      code: "model-content-filter",
      exitCode: 4,
      message: "OpenAI (test-model): the provider's content filter stopped the answer",
    });
  });

  it("is no failure but an end where the caller aborts", async () => {
    const at = await start(streams(says("Half"), { hang: true }));
    const controller = new AbortController();
    const model = await open(at);
    const reason = new Error("interrupted");
    setTimeout(() => controller.abort(reason), 100);
    const { error } = await answer(model, { signal: controller.signal });
    expect(error).toBe(reason);
  });
});

describe("openChatModel", () => {
  it("gives the model that only quotes where none is configured", async () => {
    const environment = {
      variables: {},
      projectRoot: "/",
      workingDirectory: "/",
      configFile: null,
      configIsTrusted: true,
    };
    const model = await openChatModel(configSchema.parse({}), environment);
    expect(model).toMatchObject({ name: "extractive", generative: false });
  });

  it("names the variable of a key that is missing, before anything is sent", async () => {
    const environment = {
      variables: {},
      projectRoot: "/",
      workingDirectory: "/",
      configFile: null,
      configIsTrusted: true,
    };
    await expect(
      openChatModel(configSchema.parse({ llm: { provider: "deepseek" } }), environment),
    ).rejects.toMatchObject({
      exitCode: 2,
      hint: expect.stringContaining("DEEPSEEK_API_KEY") as string,
    });
  });
});
