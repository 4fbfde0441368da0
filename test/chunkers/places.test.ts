import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { markdown } from "../../src/chunkers/markdown.ts";
import { markdownLoader } from "../../src/loaders/markdown.ts";
import type { Chunk } from "../../src/types.ts";
import { needing } from "../fixtures/needs.ts";
import { sharedData } from "../fixtures/shared-data.ts";
import { defaults, seededRandom } from "./support.ts";

/** A line and the headings that it stands under. */
interface PlacedLine {
  text: string;
  path: string[];
}

/** A page's lines, read by the simplest rules: ATX headings at the start of a line and HTML headings, outside fences. */
function placedLines(text: string, bodyStart: number): PlacedLine[] {
  const lineOf = (offset: number) => text.slice(0, offset).split("\n").length - 1;
  const firstLine = lineOf(bodyStart);
  const elements = new Map(
    Array.from(text.matchAll(/<h([1-6])\b[^>]*>([^]*?)<\/h\1>/g), (match) => [lineOf(match.index), match]),
  );
  const open: { level: number; text: string }[] = [];
  let fence = "";
  let fenceIndent = 0;
  return text.split("\n").map((line, index) => {
    const [, indent = "", mark = ""] = /^(\s*)(`{3,}(?=[^`]*$)|~{3,})/.exec(line) ?? [];
    // A fence in a list ends with the list, too.
    if (fenceIndent >= 4 && /^[^\s`~]/.test(line)) fence = "";
    const atx = /^(#{1,6})[ \t]+(.*?)[ \t#]*$/.exec(line);
    const heading = fence === "" && index >= firstLine ? (atx ?? elements.get(index)) : undefined;
    if (fence === "") {
      fence = mark;
      fenceIndent = indent.length;
    } else if (mark.startsWith(fence) && line.trim() === mark) fence = "";
    if (heading !== undefined) {
      const level = atx === null ? Number(heading[1]) : heading[1]!.length;
      while ((open.at(-1)?.level ?? 0) >= level) open.pop();
      open.push({ level, text: lettersOf(heading[2]!) });
    }
    return { text: line, path: open.map((each) => each.text) };
  });
}

/** Letters and digits of a heading: markup, which the two readers write differently, does not count. */
function lettersOf(heading: string): string {
  const words = heading
    .replaceAll(/\{[#.:][^}]*\}|<[^>]*>/g, "")
    .replaceAll(/!?\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replaceAll(/&\w+;/g, "");
  return words.replaceAll(/[^\p{L}\p{N}]/gu, "");
}

/** What is wrong with the places of a page's chunks; empty where all is well. */
async function problemsIn(source: string, text: string): Promise<string[]> {
  const { document } = await markdownLoader.load({ source, bytes: Buffer.from(text) });
  const lines = placedLines(text, document.bodyStart);
  const chunks = markdown.chunk(document, defaults);
  const problems: string[] = [];
  const kept = new Set<number>();
  for (const chunk of chunks) {
    const cited = lines.slice(chunk.startLine! - 1, chunk.endLine!);
    for (let line = chunk.startLine!; line <= chunk.endLine!; line++) kept.add(line);
    const isThere = cited
      .map((line) => line.text)
      .join("\n")
      .includes(chunk.text);
    if (!isThere) problems.push(`${source}:${chunk.startLine}: the text does not stand at its lines`);
    if (!isUnder(chunk, cited)) problems.push(`${source}:${chunk.startLine}: ${chunk.heading.join(" > ")}`);
  }
  const first = text.slice(0, document.bodyStart).split("\n").length;
  for (const [index, line] of lines.entries()) {
    const isLost = index + 1 >= first && line.text.trim() !== "" && !kept.has(index + 1);
    if (isLost) problems.push(`${source}:${index + 1}: the line is lost`);
  }
  return problems;
}

/**
 * Whether a chunk's path is what its lines share. Those that it begins with may stand higher: headings without text, which
 * open the section below them.
 */
function isUnder({ heading }: Chunk, cited: readonly PlacedLine[]): boolean {
  const own = heading.map(lettersOf);
  const paths = cited.filter((line) => line.text.trim() !== "").map((line) => line.path);
  const isAbove = (path: readonly string[]) => path.length < own.length && path.every((text, at) => text === own[at]);
  const first = paths.findIndex((path) => !isAbove(path));
  return first !== -1 && JSON.stringify(shared(paths.slice(first))) === JSON.stringify(own);
}

function shared(paths: readonly string[][]): string[] {
  const [first = []] = paths;
  const differs = first.findIndex((text, level) => paths.some((path) => path[level] !== text));
  return differs === -1 ? first : first.slice(0, differs);
}

function generatedPage(random: () => number): string {
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)]!;
  const words = (count: number) =>
    Array.from({ length: count }, () => pick(["alpha", "beta", "gamma", "delta"])).join(" ");
  const sentence = () => `It says ${words(3 + Math.floor(random() * 12))}.`;
  const blocks: (() => string)[] = [
    () =>
      `${"#".repeat(1 + Math.floor(random() * 5))} ${words(2)} ${pick(["`code`", "*word*", "[link](#a)", "a < b"])}`,
    () => Array.from({ length: 1 + Math.floor(random() * 30) }, sentence).join(pick([" ", "\n"])),
    () => `\`\`\`sh\n# ${words(2)}\n\n$ ${words(4)}\n\`\`\``,
    () => `- ${sentence()}\n  - ${sentence()}\n\n    ~~~\n    # ${words(2)}\n    ~~~\n\n- ${sentence()}`,
    () => `| a | b |\n|---|---|\n${`| ${words(2)} | ${sentence()} |\n`.repeat(1 + Math.floor(random() * 40))}`,
    () => `> ${sentence()}\n> ${sentence()}`,
    () => `<div class="note">\n  <p>${sentence()}</p>\n</div>`,
    () => `<!-- ${words(3)} -->`,
    () => "---",
  ];
  const frontMatter = random() < 0.5 ? "---\nid: page\n# comment\n---\n\n" : "";
  const body = Array.from({ length: 2 + Math.floor(random() * 40) }, () => pick([blocks[0]!, ...blocks])());
  return `${frontMatter}${body.join("\n\n")}\n`;
}

describe("every chunk stands at its lines and under its headings, and no line is lost", () => {
  it("of generated pages", async () => {
    const random = seededRandom(20_261_122);
    const pages = Array.from({ length: 220 }, (_, number) => problemsIn(`page-${number}.md`, generatedPage(random)));
    expect((await Promise.all(pages)).flat()).toEqual([]);
  });

  it("of the documentation of Milvus", needing("shared-data"), async () => {
    const folder = join(sharedData ?? "", "milvus-docs/en");
    const sources = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".md"));
    expect(sources.length).toBe(220);
    const pages = sources.map((source) => problemsIn(source, readFileSync(join(folder, source), "utf8")));
    expect((await Promise.all(pages)).flat()).toEqual([]);
  });
});
