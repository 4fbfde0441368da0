import { describe, expect, it } from "vitest";

import { configSchema } from "../../src/config/schema.ts";
import type { ConfigInput } from "../../src/config/schema.ts";
import { openEmbedder } from "../../src/embedders/index.ts";
import { ExitCode } from "../../src/errors.ts";

const environment = {
  variables: { OPENAI_API_KEY: "sk-test-0123456789abcdef" },
  projectRoot: "/project",
  configFile: null,
  configIsTrusted: true,
};

const open = (config: ConfigInput) => openEmbedder(configSchema.parse(config), environment);

describe("openEmbedder", () => {
  it("opens none where none is configured", async () => {
    await expect(open({})).resolves.toBeNull();
  });

  it("takes limits, price and identity from the provider's row", async () => {
    const embedder = await open({ embedding: { provider: "openai" } });
    expect(embedder).toMatchObject({
      provider: "openai",
      model: "text-embedding-3-small",
      limits: { maxBatch: 2048, maxTokensPerText: 8192, maxTokensPerBatch: 300_000 },
      pricePerMillionTokens: 0.02,
    });
    await expect(embedder?.identity()).resolves.toMatchObject({ dimensions: 1536 });
  });

  it("takes a row of the configuration like a built-in one", async () => {
    const embedder = await open({
      embedding: { provider: "gateway" },
      providers: {
        gateway: { baseUrl: "https://gateway.example/v1", embeddingModel: "ours", dimensions: 16, queryPrefix: "q: " },
      },
    });
    await expect(embedder?.identity()).resolves.toEqual({
      provider: "gateway",
      model: "ours",
      dimensions: 16,
      queryPrefix: "q: ",
      documentPrefix: "",
    });
  });

  it("refuses dimensions that the model cannot make", async () => {
    const config: ConfigInput = {
      embedding: { provider: "openai", model: "text-embedding-ada-002", dimensions: 256 },
    };
    await expect(open(config)).rejects.toMatchObject({
      code: "dimensions-fixed",
      exitCode: ExitCode.usage,
      message: expect.stringContaining("1536 dimensions, not of 256"),
    });
  });
});
