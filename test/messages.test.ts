import { readFile, readdir } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const source = fileURLToPath(new URL("../src", import.meta.url));

/** Words that begin with a capital wherever they stand. */
const names = /^(?:Milvus|Python|OpenAI|Ollama|Zilliz|[A-Z]{2})/;

const text = String.raw`("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|${"`(?:[^`\\\\]|\\\\.)*`"})`;
/** What is said when something fails, and what to do then, as far as it is written out in one piece. */
const places = [
  new RegExp(String.raw`(?:UserError|backend|failure|fail)\(\s*[\w.]+Code\.\w+,\s*${text}`, "g"),
  new RegExp(String.raw`(?:UserError|ModelError|backend|failure|fail)\(\s*"[\w-]+",\s*${text}`, "g"),
  new RegExp(String.raw`\b(?:badAnswer|onNotice|notice|warn|warnings\.push)\(\s*${text}`, "g"),
  new RegExp(String.raw`\bhint(?::|\s=)\s*${text}`, "g"),
  new RegExp(String.raw`\bmessage(?::|\s=)\s*${text}`, "g"),
  new RegExp(String.raw`[?:]\s*${text}[,;)]?\n`, "g"),
];

async function textsOf(file: string): Promise<string[]> {
  const lines = (await readFile(path.join(source, file), "utf8")).split("\n");
  const content = lines.filter((line) => !/^\s*(?:\/\/|\/?\*)/.test(line)).join("\n");
  return places.flatMap((place) => [...content.matchAll(place)].map(([, literal = ""]) => literal.slice(1, -1)));
}

describe("messages and hints", async () => {
  const files = (await readdir(source, { recursive: true })).filter(
    // Descriptions there are sentences of the manual.
    (file) => file.endsWith(".ts") && !/^(?:models.providers|config.schema|cli.program)\.ts$/.test(file),
  );
  const texts = (await Promise.all(files.map(textsOf))).flat().filter((one) => one.includes(" "));

  test("are found", () => expect(texts.length).toBeGreaterThan(200));

  test("begin in lower case, unless with a name", () => {
    expect(texts.filter((one) => /^[A-Z]/.test(one) && !names.test(one))).toEqual([]);
  });

  test("have no full stop at the end", () => {
    expect(texts.filter((one) => /[^.]\.$/.test(one))).toEqual([]);
  });
});

test("codes of errors are kebab-case", async () => {
  const files = (await readdir(source, { recursive: true })).filter((file) => file.endsWith(".ts"));
  const contents = await Promise.all(files.map((file) => readFile(path.join(source, file), "utf8")));
  const codes = contents.flatMap((content) =>
    [...content.matchAll(/\b(?:UserError|backend)\(\s*"([^"]*)"/g)].map(([, code = ""]) => code),
  );
  expect(codes.length).toBeGreaterThan(80);
  expect(codes.filter((code) => !/^[a-z]+(?:-[a-z]+)*$/.test(code))).toEqual([]);
});
