import { UserError } from "../errors.ts";
import type { Chunker } from "./types.ts";

/** Every strategy, by the name that the command line and the configuration know it by, loaded on first use. */
const chunkers = {
  markdown: async () => (await import("./markdown.ts")).markdown,
  separator: async () => (await import("./separator.ts")).separator,
  sentence: async () => (await import("./sentence.ts")).sentence,
  recursive: async () => (await import("./recursive.ts")).recursive,
} satisfies Record<string, () => Promise<Chunker>>;

export type Strategy = keyof typeof chunkers;

export const strategies = Object.keys(chunkers) as Strategy[];

/** The chunker of this name, loaded on first use. Throws `UserError` `unknown-strategy` where there is none. */
export async function chunkerFor(strategy: string): Promise<Chunker> {
  if (Object.hasOwn(chunkers, strategy)) return chunkers[strategy as Strategy]();
  throw new UserError("unknown-strategy", `there is no chunking strategy "${strategy}"`, {
    hint: `use one of: ${strategies.join(", ")}`,
  });
}
