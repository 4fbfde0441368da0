import type { Command as Program } from "commander";

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

/** Adds the configuration's defaults to the descriptions of the flags that stand for a setting. */
export function describeDefaults(program: Program, defaults: object): void {
  for (const option of program.options) {
    const setting = flagSettings[option.long ?? ""];
    const value = setting === undefined ? undefined : valueAt(defaults, setting);
    if (value !== undefined)
      option.description += ` (default: ${value === String(value).trim() ? value : JSON.stringify(value)})`;
  }
  for (const command of program.commands) describeDefaults(command, defaults);
}

/** The number or text at a dotted path; `undefined` where there is none. */
function valueAt(settings: object, dotted: string): string | number | undefined {
  let value: unknown = settings;
  for (const name of dotted.split(".")) value = (value as Record<string, unknown> | undefined)?.[name];
  return typeof value === "string" || typeof value === "number" ? value : undefined;
}
