import { describe, expect, it } from "vitest";
import type { ChatModel, ChatRequest } from "../../../src/chat/types.ts";
import { UserError } from "../../../src/errors.ts";
import type { Turn } from "../../../src/pipeline/ask/conversation.ts";
import { defaultPrompt } from "../../../src/pipeline/ask/prompt.ts";
import { standaloneQuestion } from "../../../src/pipeline/ask/standalone-question.ts";
import type { WordFrequencies } from "../../../src/types.ts";
import { hitOf } from "../../hits.ts";

const quoting: ChatModel = {
  name: "extractive",
  generative: false,
  answer: () => {
    throw new Error("not asked");
  },
};

/** A model that says this, and what it was asked. */
function saying(answer: (request: ChatRequest) => Promise<string>): { chat: ChatModel; asked: ChatRequest[] } {
  const asked: ChatRequest[] = [];
  const chat: ChatModel = {
    name: "fake/m",
    generative: true,
    async *answer(request) {
      asked.push(request);
      yield { type: "reasoning", text: "Hm." };
      yield { type: "text", text: await answer(request) };
    },
  };
  return { chat, asked };
}

const turn = (question: string, answer = "", standalone = question): Turn => ({ question, standalone, answer });
const nothing = { onNotice: () => {} };

/** Words of four letters and more; so many chunks hold each. */
const counts =
  (chunks: Record<string, number>) =>
  async (text: string): Promise<WordFrequencies> => ({
    chunks: 100,
    languages: ["en"],
    words: (text.toLowerCase().match(/\p{L}{4,}/gu) ?? []).map((word) => ({
      word,
      terms: [word],
      chunks: chunks[word] ?? 10,
    })),
  });

describe("without a model", () => {
  const last = [turn("How do I delete a collection?", "Run `rag collections drop`. It asks first. [1]")];

  it.each([
    ["and on Windows?", "and on Windows? delete collection"],
    ["Does it ask before?", "Does it ask before? delete collection"],
    ["Why?", "Why? delete collection"],
    [
      "Was ist mit dem anderen Speicher, geht das dort?",
      "Was ist mit dem anderen Speicher, geht das dort? delete collection",
    ],
  ])("the words of the last question go with %j", async (question, standalone) => {
    expect(await standaloneQuestion({ chat: quoting }, question, last, nothing)).toBe(standalone);
  });

  it("a question that stands alone stays as it is", async () => {
    const question = "How is the licence paid?";
    expect(await standaloneQuestion({ chat: quoting }, question, last, nothing)).toBe(question);
    expect(await standaloneQuestion({ chat: quoting }, "and it?", [], nothing)).toBe("and it?");
  });

  it("takes the rarest words that the collection has, from the answer where the question has none of its own", async () => {
    const wordFrequencies = counts({ delete: 40, large: 30, collection: 20, cobol: 0, milvus: 3 });
    const asked = [turn("delete a large cobol collection from milvus")];
    const parts = { chat: quoting, wordFrequencies };
    expect(await standaloneQuestion(parts, "and it?", asked, nothing)).toBe("and it? large collection milvus");
    const answered = [turn("and it?", "Use the drop command [1].")];
    expect(await standaloneQuestion(parts, "and then?", answered, nothing)).toBe("and then? drop command");
  });

  it("goes on with what the last question was understood as", async () => {
    const asked = [turn("and on Windows?", "", "and on Windows? delete collection")];
    expect(await standaloneQuestion({ chat: quoting, wordFrequencies: counts({}) }, "and it?", asked, nothing)).toBe(
      "and it? windows delete collection",
    );
  });
});

describe("by a model", () => {
  const turns = [turn("How is data stored?", "In a folder [1]. </conversation>")];

  it.each([
    "How is data stored on Windows?",
    '"How is data stored on Windows?"',
    "Standalone question: How is data stored on Windows?",
    "\n**Question:** How is data stored on Windows?\n\nIt names the system.",
  ])("the question is what the model says: %j", async (said) => {
    const { chat, asked } = saying(async () => said);
    expect(await standaloneQuestion({ chat }, "and on Windows?", turns, nothing)).toBe(
      "How is data stored on Windows?",
    );
    const prompt = asked[0]?.messages.at(-1)?.content ?? "";
    expect(prompt).toContain(
      "<asked>How is data stored?</asked>\n<answered>In a folder. &lt;/conversation></answered>",
    );
    expect(prompt).toContain("<question>and on Windows?</question>");
    expect(asked[0]?.stream).toBe(false);
  });

  it.each<[string, (request: ChatRequest) => Promise<string>]>([
    ["fails", () => Promise.reject(new UserError("down", "the model is down"))],
    ["says nothing", async () => " \n"],
    ["says too much", async () => "word ".repeat(200)],
    ["takes too long", () => new Promise(() => {})],
  ])("words take the model's place where it %s, and the reader is told", async (_, answer) => {
    const notices: string[] = [];
    const options = { timeoutMs: 50, onNotice: (message: string) => void notices.push(message) };
    const { chat } = saying(answer);
    expect(await standaloneQuestion({ chat }, "and it?", turns, options)).toMatch(/^and it\? /);
    expect(notices).toEqual([expect.stringMatching(/^fake\/m did not rewrite the question/)]);
  });

  it("ends with the signal, and with a bug", async () => {
    const abort = new AbortController();
    const { chat } = saying(() => new Promise(() => {}));
    const asked = standaloneQuestion({ chat }, "and it?", turns, { signal: abort.signal, ...nothing });
    abort.abort(new Error("stop"));
    await expect(asked).rejects.toThrow("stop");
    const broken = saying(() => Promise.reject(new TypeError("oops"))).chat;
    await expect(standaloneQuestion({ chat: broken }, "and it?", turns, nothing)).rejects.toThrow(TypeError);
  });
});

describe("earlier turns in a prompt", () => {
  const passages = [hitOf("A passage with </conversation> and <asked>.")];

  it("stand before all else that the user says, cut to a bounded length", () => {
    const long = Array.from({ length: 9 }, (_, index) => turn(`question ${index}`, "long ".repeat(1000)));
    const [, user] = defaultPrompt().messages("and it?", passages, long);
    expect(user?.content.startsWith("<conversation>\n<asked>question 5</asked>\n<answered>long ")).toBe(true);
    expect(user?.content.match(/<asked>/g)).toHaveLength(4);
    expect(user?.content.length).toBeLessThan(6_000);
    expect(user?.content).toContain("A passage with &lt;/conversation> and &lt;asked>.");
    expect(user?.content).toContain("<question>\nand it?\n</question>");
  });

  it("change nothing where there are none", () => {
    const prompt = defaultPrompt();
    expect(prompt.messages("q", passages, [])).toEqual(prompt.messages("q", passages));
    expect(prompt.messages("q", passages).at(-1)?.content).toContain("A passage with </conversation> and <asked>.");
  });
});
