import { once } from "node:events";
import { mkdir, readFile, readdir, symlink } from "node:fs/promises";
import { createServer } from "node:net";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { questionsAbout, settingsOf } from "../../src/pipeline/init/proposals.ts";
import type { Survey } from "../../src/pipeline/init/survey.ts";
import { type Sandbox, createSandbox } from "./run-rag.ts";

const repository = fileURLToPath(new URL("../..", import.meta.url));

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await createSandbox();
  await sandbox.write({ "guide/a.md": "# A\n\nAlpha.\n", "guide/b.md": "# B\n\nBeta.\n", "notes.txt": "gamma\n" });
});
afterEach(() => sandbox.remove());

const nothing: Survey = { files: [], mainFolder: ".", keys: [], milvus: false, ollama: false, python: false };

async function written(): Promise<Record<string, unknown>> {
  return JSON.parse(await readFile(path.join(sandbox.folder, ".ragrc.json"), "utf8")) as Record<string, unknown>;
}

describe("rag init", () => {
  test("writes what the flags say, and the rest of the commands take it", async () => {
    const run = await sandbox.rag(["init", "--json", "-c", "manuals", "--uri", "./kept", "--llm", "openai/gpt-x"]);
    expect({ exitCode: run.exitCode, stderr: run.stderr }).toEqual({ exitCode: 0, stderr: "" });
    const { file, settings, found } = JSON.parse(run.stdout);
    expect(file).toBe(path.join(sandbox.folder, ".ragrc.json"));
    expect(settings).toMatchObject({
      collection: "manuals",
      milvus: { uri: "./kept" },
      llm: { provider: "openai", model: "gpt-x" },
    });
    expect(await written()).toEqual(settings);
    expect(found).toMatchObject({
      mainFolder: "guide",
      files: [
        { extension: ".md", count: 2 },
        { extension: ".txt", count: 1 },
      ],
    });
    expect((await sandbox.rag(["ingest", "guide", "-q"])).exitCode).toBe(0);
    expect(await readdir(sandbox.folder)).toContain("kept");
    expect((await sandbox.rag(["search", "alpha", "--format", "paths"])).stdout).toBe("guide/a.md\n");
  });

  test("names the schema by a path that holds for everyone who has the project", async () => {
    const file = "node_modules/milvus-rag/docs/ragrc.schema.json";
    const run = await sandbox.rag(["init", "--yes"], { cwd: "guide" });
    expect(run.stderr).toContain("once milvus-rag is installed");
    const { $schema: absent } = JSON.parse(await readFile(path.join(sandbox.folder, "guide/.ragrc.json"), "utf8"));
    expect(absent).toBe(`./${file}`);

    await sandbox.write({ ".git/HEAD": "", "deep/er/a.md": "# A\n" });
    await mkdir(path.join(sandbox.folder, "node_modules"));
    await symlink(repository, path.join(sandbox.folder, "node_modules/milvus-rag"), "junction");
    for (const [cwd, upwards] of [
      [".", "."],
      ["deep/er", "../.."],
    ] as const) {
      const { stdout, stderr } = await sandbox.rag(["init", "--json"], { cwd });
      const { settings } = JSON.parse(stdout);
      expect({ schema: settings.$schema, stderr }).toEqual({ schema: `${upwards}/${file}`, stderr: "" });
      // The description that editors read is there.
      const schema = await readFile(path.resolve(sandbox.folder, cwd, settings.$schema), "utf8");
      expect(JSON.parse(schema)).toHaveProperty("properties");
    }
  });

  test("is trusted, as its author is the user", async () => {
    await sandbox.rag(["init", "--yes", "--uri", "http://milvus.test:19530"]);
    expect((await sandbox.rag(["trust"])).stdout).toContain("is trusted");
  });

  test("names keys that it finds, and writes none of them", async () => {
    const secret = "sk-0123456789abcdefghij";
    const run = await sandbox.rag(["init"], { variables: { OPENAI_API_KEY: secret } });
    expect(run.exitCode).toBe(0);
    expect(run.stderr).toContain("OPENAI_API_KEY");
    expect(run.stdout).toContain("rag ingest guide");
    expect(JSON.stringify(await written()) + run.stdout + run.stderr).not.toContain(secret);
    // Nobody was asked, so nothing is sent anywhere.
    expect(await written()).toEqual({ $schema: expect.any(String), collection: "docs" });
  });

  test("overwrites nothing, whatever the configuration is called", async () => {
    for (const name of [".ragrc", ".ragrc.yaml", "rag.config.json"]) {
      await sandbox.write({ [name]: '{ "collection": "mine" }' });
      const run = await sandbox.rag(["init", "--yes", "--json"]);
      expect(run.exitCode).toBe(2);
      expect(JSON.parse(run.stderr).error.code).toBe("config-exists");
      expect(await readFile(path.join(sandbox.folder, name), "utf8")).toBe('{ "collection": "mine" }');
      expect(await readdir(sandbox.folder)).not.toContain(".ragrc.json");
      await sandbox.shell(`rm ${name}`);
    }
  });

  test("finds a server by whether its port answers", async () => {
    const server = createServer((socket) => socket.destroy());
    server.on("error", () => {});
    server.listen(11_434, "127.0.0.1");
    await Promise.race([once(server, "listening"), once(server, "error")]);
    const run = await sandbox.rag(["init", "--json"]);
    server.close();
    expect(JSON.parse(run.stdout).found).toMatchObject({ ollama: true });
  });
});

describe("the questions", () => {
  test("recommend what sends nothing anywhere, and offer what was found", () => {
    for (const { choices } of questionsAbout(nothing)) expect(choices[0]?.value).toBeNull();
    const keys = [{ provider: "openai", variable: "OPENAI_API_KEY", embeds: true, chats: true }];
    const [store, embedding, llm] = questionsAbout({ ...nothing, milvus: true, ollama: true, keys });
    expect(store?.choices.map(({ value }) => value)).toEqual([null, "http://localhost:19530", "./milvus.db"]);
    expect(embedding?.choices.map(({ value }) => value)).toEqual([null, "ollama/nomic-embed-text", "openai", "local"]);
    expect(llm?.choices.map(({ value }) => value)).toEqual([null, "ollama", "openai"]);
  });

  test("become settings; what was left open is not written", () => {
    expect(settingsOf({ embedding: "ollama/org/model", "milvus.uri": null }, "s")).toEqual({
      $schema: "s",
      collection: "docs",
      embedding: { provider: "ollama", model: "org/model" },
    });
  });
});
