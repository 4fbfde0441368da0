import { UserError } from "../errors.ts";
import type { Strategy } from "./names.ts";
import type { Chunker } from "./types.ts";

const chunkers = {
  markdown: async () => (await import("./markdown.ts")).markdown,
  separator: async () => (await import("./separator.ts")).separator,
  sentence: async () => (await import("./sentence.ts")).sentence,
  recursive: async () => (await import("./recursive.ts")).recursive,
} satisfies Record<Strategy, () => Promise<Chunker>>;

/** The chunker of this name, loaded on first use. Throws `UserError` `unknown-strategy` where there is none. */
export async function chunkerFor(strategy: string): Promise<Chunker> {
  if (Object.hasOwn(chunkers, strategy)) return chunkers[strategy as keyof typeof chunkers]();
  throw new UserError("unknown-strategy", `there is no chunking strategy "${strategy}"`, {
    hint: `use one of: ${Object.keys(chunkers).join(", ")}`,
  });
}
