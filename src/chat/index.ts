import type { Environment } from "../config/environment.ts";
import type { Config } from "../config/schema.ts";
import { resolveEndpoint } from "../models/endpoint.ts";
import type { ChatModel } from "./types.ts";

/** How a model is reached. Which provider it is makes no difference: providers are rows of `providers.ts`. */
const adapters = {
  extractive: async () => (await import("./extractive/extractive.ts")).extractiveModel,
  openai: async (config, environment) => {
    const { createOpenAIChatModel } = await import("./openai/openai.ts");
    const endpoint = resolveEndpoint({ section: config.llm, rows: config.providers, environment, purpose: "chat" });
    return createOpenAIChatModel(endpoint, {
      temperature: config.llm.temperature ?? null,
      maxTokens: config.llm.maxTokens ?? null,
      timeoutMs: config.llm.timeoutMs,
    });
  },
} satisfies Record<string, (config: Config, environment: Environment) => Promise<ChatModel>>;

/**
 * Opens the model that `llm` of the configuration names; connects to nothing yet.
 * Throws `UserError` (exit code 2) for an unknown provider, a missing key, or a host that the key must not be sent to.
 */
export function openChatModel(config: Config, environment: Environment): Promise<ChatModel> {
  const isBuiltIn = config.llm.provider === "extractive" && !Object.hasOwn(config.providers, "extractive");
  return adapters[isBuiltIn ? "extractive" : "openai"](config, environment);
}
