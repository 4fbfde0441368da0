import { describe, expect, it } from "vitest";

import type { AskedWord } from "../../src/chat/extractive/asked-question.ts";
import { extractiveModel } from "../../src/chat/extractive/extractive.ts";
import { leastCoverage } from "../../src/chat/extractive/least-coverage.ts";
import type { Hit } from "../../src/types.ts";
import { hitOf } from "../hits.ts";

async function answer(question: string, passages: Hit[]): Promise<string> {
  let text = "";
  for await (const event of extractiveModel.answer({
    question,
    passages,
    frequencies: null,
    messages: [],
    stream: true,
  })) {
    if (event.type === "quote") text += event.text;
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
  it("answers from the section whose heading asks the same, in reading order, with its citation", async () => {
    expect(await answer("How is data stored?", [licence, storage])).toBe(
      "The engine knows two kinds of data, records and metadata.\n\nRecords are written to object storage as a log. Several services can hold it.\n\nMetadata are kept in the key-value store. [2]",
    );
  });

  it("gives no text where no passage has a content word of the question", async () => {
    expect(await answer("Who won the marathon?", [storage, licence])).toBe("");
    expect(await answer("What is it?", [storage])).toBe("");
    expect(await answer("How is data stored?", [])).toBe("");
  });

  it("quotes one row of a table whose head stands in another passage", async () => {
    const rows = hitOf("| pump | stops at 40 degrees |\n| heater | burns gas |\n| valve | closes at night |");
    expect(await answer("What does the heater burn?", [rows])).toBe("| heater | burns gas [1] |");
  });

  it("takes a name for no other word of the same stem", async () => {
    const coins = hitOf("A franc was worth a hundred centimes. The capital of a bank was counted in francs.");
    expect(await answer("What is the capital of France?", [coins])).toBe("");
    expect(await answer("What was the capital counted in, francs?", [coins])).toContain("counted in francs");
    const country = hitOf("Paris is the capital of France, and its largest city.");
    expect(await answer("What is the capital of France?", [coins, country])).toMatch(/^Paris is the capital of France/);
    const tools = hitOf("A docker container holds one service.");
    expect(await answer("What does a Docker container hold?", [tools])).toContain("one service");
    expect(await answer("What do Containers of docker hold?", [tools])).toContain("one service");
  });

  it("takes a word for a part of a compound, and no short beginning for one", async () => {
    const question = "Where does the mountainrailway end?";
    expect(await answer(question, [hitOf("The railway ends at the harbour.")])).toContain("harbour");
    expect(await answer(question, [hitOf("The rail ends at the harbour.")])).toBe("");
  });

  it("shows nothing beside a sentence that holds the question itself, though another place has half of it", async () => {
    const sure = hitOf(
      "The journal, which nobody but an auditor ever reads, is written by the server of our harbour into one archive.",
    );
    const rival = hitOf(
      "Its server writes, once a day and for safety against loss, what the journal lists and an auditor may ask.",
    );
    const question = "Which journal does the server write to the archive for the auditor of the harbour?";
    expect(await answer(question, [sure, rival])).toBe(`${sure.text} [1]`);
    expect(await answer(question, [rival, licence])).toContain("Its server writes");
  });

  it("gives no text where only the question's commonest word is there", async () => {
    const pages = ["The engine starts.", "The engine stops.", "The engine waits for the engine."].map((text) =>
      hitOf(text),
    );
    expect(await answer("What is the engine's favourite marathon colour?", pages)).toBe("");
  });

  it("shows a paragraph once that its page has for each of two programming languages", async () => {
    const page = hitOf(
      "Water the beds with `pour()` in the evening.\n\n```python\npour()\n```\n\nWater the beds with `pour()` in the evening.\n\n```java\npour();\n```\n\nThe beds must be watered when nobody walks on them.",
    );
    expect((await answer("When are the beds watered?", [page])).match(/in the evening/g)).toHaveLength(1);
  });

  it("wants more of a question to be there in a large collection, and of a short question", () => {
    const words = (count: number) => Array.from({ length: count }, () => ({}) as AskedWord);
    const least = (chunks: number, count: number) => leastCoverage({ words: words(count), chunks });
    expect(least(100, 5)).toBeCloseTo(0.286, 3);
    expect(least(3_000, 5)).toBeCloseTo(0.435, 3);
    expect(least(1_000_000, 5)).toBeCloseTo(0.451, 3);
    expect(least(3_000, 2)).toBeCloseTo(0.495, 3);
    expect(least(3_000, 9)).toBe(least(3_000, 5));
    expect(least(100, 0)).toBeLessThan(0.6);
  });

  it("does not say the same twice", async () => {
    const copy = hitOf("The default port is 19530.");
    const text = await answer("What is the default port?", [hitOf("The default port is 19530."), copy]);
    expect(text).toBe("The default port is 19530. [1]");
  });

  it("gives a list with the sentence that announces it", async () => {
    const passage = hitOf("Backups need these tools:\n\n- a bucket\n- a schedule\n\nOther matters follow.");
    expect(await answer("Which tools do backups need?", [passage])).toBe(
      "Backups need these tools:\n- a bucket\n- a schedule [1]",
    );
  });

  it("gives a short command with the sentence that announces it, as code", async () => {
    const passage = hitOf("To start the server, run:\n\n```sh\nserver start --port 1\n```\n");
    expect(await answer("How do I start the server?", [passage])).toBe(
      "To start the server, run:\n```\nserver start --port 1\n```\n[1]",
    );
  });

  it("gives the sentence before one that points back to it", async () => {
    const passage = hitOf("Segments are sealed by size. This makes compaction of segments cheap. Unrelated text.");
    expect(await answer("What makes compaction cheap?", [passage])).toBe(
      "Segments are sealed by size. This makes compaction of segments cheap. Unrelated text. [1]",
    );
  });

  it.each([
    ["Chinese", "数据存储在哪里？", "数据存储在对象存储中。天气很好。", "数据存储在对象存储中。天气很好。 [1]"],
    [
      "Spanish",
      "¿Dónde se almacenan los datos?",
      "Los datos se almacenan en el disco. Hace buen tiempo.",
      "Los datos se almacenan en el disco. Hace buen tiempo. [1]",
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

  it("never answers with a title that only repeats the question", async () => {
    const page = hitOf(
      [
        "Keep the keys safe.",
        "",
        "Head Gardener",
        "",
        "Job Title: Head Gardener",
        "",
        "The person plans the beds and orders the seeds.",
      ].join("\n"),
    );
    const text = await answer("What does the head gardener do?", [page]);
    expect(text).toBe("The person plans the beds and orders the seeds. [1]");
    expect(await answer("What does the head gardener do?", [hitOf("Head Gardener")])).toBe("");
  });

  it.each(["How much does the plan refund?", "How many euros does the plan refund?"])(
    "prefers a sentence with a figure to %s",
    async (question) => {
      const pages = [
        hitOf("The plan may refund what members pay to clubs.", { score: 1.1 }),
        hitOf("Up to 400 euros are what the plan may refund."),
      ];
      expect(await answer(question, pages)).toMatch(/^Up to 400 euros/);
    },
  );

  it("prefers the sentence that names the things to one that talks about them", async () => {
    const pages = [
      hitOf("Retention modes are chosen with care by those who know them.", { score: 1.1 }),
      hitOf("The archive knows three retention modes: short, long, and legal."),
    ];
    expect(await answer("What retention modes are there?", pages)).toMatch(/short, long, and legal\. \[2\]/);
    expect(await answer("What retention modes are there?", pages)).toMatch(/^The archive knows/);
  });

  it("prefers the definition of what it is asked to define", async () => {
    const pages = [
      hitOf("Options of Brookdb are set by the connector.", { score: 1.1 }),
      hitOf("Brookdb is a store for small records. Everybody can start Brookdb."),
    ];
    expect(await answer("what is brookdb?", pages)).toMatch(
      /^Brookdb is a store for small records\. Everybody can start Brookdb\. \[2\]/,
    );
  });

  it("gives no text where a year, or one word of several, is all that the passages share with the question", async () => {
    const law = hitOf("The Data Protection Act of 1998 sets limits.");
    const coffee = hitOf("Take a cup of coffee.");
    expect(await answer("Who won the world cup in 1998?", [law, coffee])).toBe("");
    expect(await answer("Which act of 1998 sets limits?", [law])).toContain("Data Protection Act");
  });
});
