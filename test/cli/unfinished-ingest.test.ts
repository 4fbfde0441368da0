import { once } from "node:events";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { type FakeServer, startFakeServer } from "../fakes/openai-server.ts";
import { type Sandbox, createSandbox } from "./run-rag.ts";

let sandbox: Sandbox;
let server: FakeServer;
let isStuck = false;
beforeAll(async () => {
  sandbox = await createSandbox();
  server = await startFakeServer({
    fault: ({ body }) => (isStuck && JSON.stringify(body).includes("stuck") ? { type: "hang" } : null),
  });
  const config = {
    providers: { near: { baseUrl: server.baseUrl, embeddingModel: "e" } },
    embedding: { provider: "near" },
  };
  await sandbox.write({ "near.json": JSON.stringify(config), "docs/a.md": "# A\n\nstored\n" });
  expect((await sandbox.rag(["ingest", "docs", "--config", "near.json"])).exitCode).toBe(0);
});
afterEach(() => {
  isStuck = false;
});
afterAll(async () => {
  await server.close();
  await sandbox.remove();
});

const notice = "note: the last ingest of docs did not finish: run rag ingest --config near.json -c docs docs\n";
const search = async () => (await sandbox.rag(["search", "stored", "--mode", "text", "--config", "near.json"])).stderr;

test.each(["SIGKILL", "SIGINT"] as const)(
  "an ingest that %s ends is told of until one comes to its end",
  async (signal) => {
    expect(await search()).not.toContain("did not finish");
    await sandbox.write({ "docs/b.md": `# B\n\nstuck ${signal}\n` });
    isStuck = true;
    const asked = server.requests.length;
    const running = sandbox.start(["ingest", "docs", "--config", "near.json"]);
    const ended = once(running, "exit");
    while (!server.requests.slice(asked).some(({ body }) => JSON.stringify(body).includes("stuck"))) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(await search()).not.toContain("did not finish");
    running.kill(signal);
    await ended;
    isStuck = false;
    expect(await search()).toContain(notice);
    expect((await sandbox.rag(["ingest", "docs", "--config", "near.json"])).exitCode).toBe(0);
    expect(await search()).not.toContain("did not finish");
  },
);
