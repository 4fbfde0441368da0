import { describe, expect, it } from "vitest";

import { extractiveModel } from "../../src/chat/extractive.ts";
import type { Hit } from "../../src/types.ts";
import { hitOf } from "../hits.ts";

async function answer(question: string, passages: Hit[]): Promise<string> {
  let text = "";
  for await (const event of extractiveModel.answer({ question, passages, messages: [], stream: true })) {
    if (event.type === "text") text += event.text;
  }
  return text;
}

const storage = hitOf(
  [
    "#### Where does the engine store data?",
    "",
    "The engine knows two kinds of data, records and metadata.",
    "",
    "Records are written to [object storage](https://example.org/s3) as a log. Several services can hold it.",
    "",
    "Metadata are kept in the key-value store.",
  ].join("\n"),
  { heading: ["FAQ", "Where does the engine store data?"] },
);
const licence = hitOf("#### What does it cost?\n\nThe engine is free. Support for data centres is sold by partners.", {
  heading: ["FAQ", "What does it cost?"],
});

function longPassage(shelf: number): Hit {
  const sentences = Array.from(
    { length: 200 },
    (_, n) => `Storage fact ${n} tells how data is stored on shelf ${shelf + n}.`,
  );
  return hitOf(sentences.join(" "));
}

describe("the extractive model", () => {
  it("answers from the section whose heading asks the same, in reading order, each sentence cited", async () => {
    expect(await answer("How is data stored?", [licence, storage])).toBe(
      "The engine knows two kinds of data, records and metadata. [2] Records are written to object storage as a log. [2] Several services can hold it. [2] Metadata are kept in the key-value store. [2]",
    );
  });

  it("gives no text where no passage has a content word of the question", async () => {
    expect(await answer("Who won the marathon?", [storage, licence])).toBe("");
    expect(await answer("What is it?", [storage])).toBe("");
    expect(await answer("How is data stored?", [])).toBe("");
  });

  it("gives no text where only the question's commonest word is there", async () => {
    const pages = ["The engine starts.", "The engine stops.", "The engine waits for the engine."].map((text) =>
      hitOf(text),
    );
    expect(await answer("What is the engine's favourite marathon colour?", pages)).toBe("");
  });

  it("does not say the same twice", async () => {
    const copy = hitOf("The default port is 19530.");
    const text = await answer("What is the default port?", [hitOf("The default port is 19530."), copy]);
    expect(text).toBe("The default port is 19530. [1]");
  });

  it("gives a list with the sentence that announces it", async () => {
    const passage = hitOf("Backups need these tools:\n\n- a bucket\n- a schedule\n\nOther matters follow.");
    expect(await answer("Which tools do backups need?", [passage])).toBe(
      "Backups need these tools: [1]\n- a bucket [1]\n- a schedule [1]",
    );
  });

  it("gives a short command with the sentence that announces it, as code", async () => {
    const passage = hitOf("To start the server, run:\n\n```sh\nserver start --port 1\n```\n");
    expect(await answer("How do I start the server?", [passage])).toBe(
      "To start the server, run: [1]\n```\nserver start --port 1\n```\n[1]",
    );
  });

  it("gives the sentence before one that points back to it", async () => {
    const passage = hitOf("Segments are sealed by size. This makes compaction of segments cheap. Unrelated text.");
    expect(await answer("What makes compaction cheap?", [passage])).toBe(
      "Segments are sealed by size. [1] This makes compaction of segments cheap. [1]",
    );
  });

  it.each([
    ["Chinese", "数据存储在哪里？", "数据存储在对象存储中。天气很好。", "数据存储在对象存储中。 [1]"],
    [
      "Spanish",
      "¿Dónde se almacenan los datos?",
      "Los datos se almacenan en el disco. Hace buen tiempo.",
      "Los datos se almacenan en el disco. [1]",
    ],
    ["Thai", "ข้อมูลจัดเก็บที่ไหน", "ข้อมูลจัดเก็บในดิสก์", "ข้อมูลจัดเก็บในดิสก์ [1]"],
  ])("answers in %s", async (_, question, passage, expected) => {
    expect(await answer(question, [hitOf(passage)])).toBe(expected);
  });

  it("stays short however long and many the passages are", async () => {
    const text = await answer("How is data stored in storage?", [longPassage(1), longPassage(2), longPassage(3)]);
    expect(text.length).toBeGreaterThan(0);
    expect(text.length).toBeLessThanOrEqual(750);
  });

  it("cuts a text without full stops, which is one sentence", async () => {
    const text = await answer("How is data stored?", [hitOf("data is stored and ".repeat(500))]);
    expect(text.length).toBeLessThanOrEqual(720);
    expect(text).toMatch(/ … \[1\]$/);
  });

  it("shows no code that nothing announces, unless there is nothing else", async () => {
    const code = hitOf("```sh\ndelete data now\n```");
    const prose = hitOf("Old data are removed at night.");
    expect(await answer("How do I delete data?", [code, prose])).toBe("Old data are removed at night. [2]");
    expect(await answer("How do I delete data?", [code])).toContain("delete data now");
  });

  it("believes the search where the words do not decide", async () => {
    const far = hitOf("The index of the archive is built at noon.", { score: 2 });
    const near = hitOf("The index of the journal is built at night.", { score: 9 });
    expect(await answer("When is the index built?", [near, far])).toMatch(/^The index of the journal/);
  });
});
