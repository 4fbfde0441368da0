import { UserError } from "../errors.ts";

/** Throws `invalid-chunking` where a chunk would repeat all of the one before, so that the text never ends. */
export function requireSmaller(overlap: { name: string; value: number }, whole: { name: string; value: number }): void {
  if (overlap.value < whole.value) return;
  throw new UserError(
    "invalid-chunking",
    `chunking.${overlap.name} (${overlap.value}) must be smaller than chunking.${whole.name} (${whole.value})`,
    { hint: `lower chunking.${overlap.name} or raise chunking.${whole.name}` },
  );
}
