import { describe, expect, it } from "vitest";

import { buildContext } from "../../../src/pipeline/ask/context.ts";
import type { Hit } from "../../../src/types.ts";
import { hitOf } from "../../hits.ts";

describe("the size of the context", () => {
  const hits = ["One is short. Two is short too.", "Three. Four."].map((text) => hitOf(text));
  const textsOf = async (all: Hit[], maxChars: number) => (await buildContext(all, maxChars)).map(({ text }) => text);

  it("takes all where all fit", async () => {
    expect(await buildContext(hits, 43)).toEqual(hits);
  });

  it("cuts the passage that does not fit behind a sentence, and leaves out the rest", async () => {
    expect(await textsOf([...hits, hitOf("Five.")], 40)).toEqual([hits[0]?.text, "Three."]);
    expect(await textsOf(hits, 34)).toEqual([hits[0]?.text]);
  });

  it("always keeps the first, cut behind a sentence or, if it must be, anywhere", async () => {
    expect(await textsOf(hits, 20)).toEqual(["One is short."]);
    expect(await textsOf(hits, 5)).toEqual(["One i"]);
    expect(await textsOf([hitOf("ab😀cd")], 3)).toEqual(["ab"]);
  });

  it("tells the lines that are left", async () => {
    const [first] = await buildContext([hitOf("One.\nTwo.\nThree is long.", { startLine: 10, endLine: 12 })], 12);
    expect(first).toMatchObject({ startLine: 10, endLine: 11 });
  });
});
