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

describe("neighbours", () => {
  const section = { source: "a.md", heading: ["Guide", "Backups"] };
  const first = hitOf("Backups are made at night.\nThey take an hour on average.", {
    ...section,
    startLine: 3,
    endLine: 4,
  });
  const second = hitOf("They take an hour on average.\nRestore with care.", { ...section, startLine: 4, endLine: 5 });
  const third = hitOf("A restore takes longer.", { ...section, startLine: 7, endLine: 7 });

  it("of one section become one passage in the document's order, with what they share once", async () => {
    const [joined, ...rest] = await buildContext([second, first], 1000);
    expect(rest).toEqual([]);
    expect(joined).toMatchObject({
      id: second.id,
      text: "Backups are made at night.\nThey take an hour on average.\nRestore with care.",
      startLine: 3,
      endLine: 5,
    });
  });

  it("that a third one parts become one with it", async () => {
    const context = await buildContext([third, first, second], 1000);
    expect(context.map(({ text }) => text)).toEqual([
      "Backups are made at night.\nThey take an hour on average.\nRestore with care.\n\nA restore takes longer.",
    ]);
    expect(context[0]).toMatchObject({ id: third.id, startLine: 3, endLine: 7 });
  });

  it.each([
    ["another document", { source: "b.md" }],
    ["another section", { heading: ["Guide", "Restores"] }],
    ["another place", { startLine: 40, endLine: 41 }],
  ])("are none in %s", async (_, other) => {
    const apart = hitOf("Restore with care.", { ...section, startLine: 5, endLine: 5, ...other });
    expect(await buildContext([first, apart], 1000)).toHaveLength(2);
  });

  it("say nothing twice, whatever document they are in", async () => {
    const copy = hitOf("Backups are made\n  at night.", { source: "copy.md", startLine: 90, endLine: 91 });
    expect(await buildContext([first, copy], 1000)).toEqual([first]);
  });

  it("count with what they add", async () => {
    const room = first.text.length + second.text.length - "They take an hour on average.".length;
    expect(await buildContext([first, second], room)).toHaveLength(1);
    const [cut] = await buildContext([first, second], room - 1);
    expect(cut?.text).toBe(first.text);
  });
});
