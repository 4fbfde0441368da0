import { defaultConfig } from "../../config/default-config.ts";
import { valueAt } from "../../config/values.ts";

/** The setting that a flag stands for, where the help tells its default. */
export const flagSettings: Readonly<Record<string, string>> = {
  "--collection": "collection",
  "--llm": "llm.provider",
  "--top-k": "search.topK",
  "--strategy": "chunking.strategy",
  "--max-chars": "chunking.maxChars",
  "--overlap-chars": "chunking.overlapChars",
  "--separator": "chunking.separator",
  "--concurrency": "embedding.concurrency",
  "--max-context-chars": "ask.maxContextChars",
};

/** What the help says of a flag, with the configuration's default where the flag stands for a setting. */
export function describedOption({ long, description }: { long?: string | undefined; description: string }): string {
  const setting = flagSettings[long ?? ""];
  const value = setting === undefined ? undefined : valueAt(defaultConfig(), setting.split("."));
  if (typeof value !== "string" && typeof value !== "number") return description;
  return `${description} (default: ${value === String(value).trim() ? value : JSON.stringify(value)})`;
}
