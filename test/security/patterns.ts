import { readFile, readdir } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { type Node, parseSync, visitorKeys } from "oxc-parser";

const sources = fileURLToPath(new URL("../../src", import.meta.url));

/** A regular expression of the source. */
export interface Pattern {
  /** Below `src`. */
  file: string;
  expression: RegExp;
}

/** Every regular expression of the source, by its syntax tree; `unknown` has those that are made of what is known at run time. */
export async function sourcePatterns(): Promise<{ patterns: Pattern[]; unknown: string[] }> {
  const names = (await readdir(sources, { recursive: true })).filter((name) => name.endsWith(".ts")).sort();
  const read = await Promise.all(
    names.map(async (name) => patternsOf(name, await readFile(path.join(sources, name), "utf8"))),
  );
  return { patterns: read.flatMap(({ patterns }) => patterns), unknown: read.flatMap(({ unknown }) => unknown) };
}

function patternsOf(name: string, source: string): { patterns: Pattern[]; unknown: string[] } {
  const file = name.replaceAll("\\", "/");
  const nodes = nodesOf(parseSync(file, source).program);
  const patterns: Pattern[] = [];
  const unknown: string[] = [];
  /** What a name of the file stands for, as it is written. */
  const values = new Map<string, Node>();
  for (const node of nodes) {
    if (node.type === "VariableDeclarator" && node.id.type === "Identifier" && node.init !== null) {
      values.set(node.id.name, node.init);
    }
  }
  for (const node of nodes) {
    if (node.type === "Literal" && "regex" in node) {
      patterns.push({ file, expression: new RegExp(node.regex.pattern, node.regex.flags) });
    }
    if (node.type !== "NewExpression" && node.type !== "CallExpression") continue;
    if (node.callee.type !== "Identifier" || node.callee.name !== "RegExp") continue;
    const made = evaluated(node, source, values);
    if (made instanceof RegExp) patterns.push({ file, expression: made });
    else unknown.push(`${file}: ${source.slice(node.start, node.end).replaceAll(/\s+/g, " ")}`);
  }
  return { patterns, unknown };
}

function nodesOf(root: Node): Node[] {
  const nodes: Node[] = [root];
  // The list grows while it is walked.
  for (const node of nodes) {
    const children = (visitorKeys[node.type] ?? []).flatMap(
      (key) => node[key as keyof Node] as unknown as Node | Node[] | null,
    );
    nodes.push(...children.filter((child) => child !== null));
  }
  return nodes;
}

/** The value of an expression that is made of literals and of names of the same file; `null` where it is not. */
function evaluated(node: Node, source: string, values: ReadonlyMap<string, Node>): unknown {
  const needed = new Map<string, Node>();
  const collect = (part: Node): void => {
    for (const inner of nodesOf(part)) {
      const value = inner.type === "Identifier" ? values.get(inner.name) : undefined;
      if (inner.type !== "Identifier" || value === undefined || needed.has(inner.name)) continue;
      collect(value);
      needed.set(inner.name, value);
    }
  };
  collect(node);
  const text = (part: Node): string => source.slice(part.start, part.end);
  const names = [...needed].map(([name, value]) => `const ${name} = ${text(value)};`);
  try {
    // oxlint-disable-next-line no-new-func -- the project's own source
    return new Function(`${names.join("\n")}\nreturn ${text(node)};`)() as unknown;
  } catch {
    return null;
  }
}

/** Characters that a class of characters stands for. */
const samples: Readonly<Record<string, string>> = {
  s: " \n\t",
  d: "1",
  w: "a",
  S: "x",
  D: "x",
  W: "-",
  n: "\n",
  t: "\t",
};
const properties: Readonly<Record<string, string>> = {
  L: "é",
  Lu: "A",
  Ll: "a",
  M: "\u0301",
  Mn: "\u0301",
  N: "1",
  Nd: "1",
};

/** What a pattern is made of: single characters that it can match, and words that stand in it. */
export function partsOf(pattern: string): { characters: string[]; words: string[] } {
  const characters = new Set<string>();
  const written = pattern.replaceAll(
    /\\u\{?([\dA-Fa-f]{4,6})\}?|\\x([\dA-Fa-f]{2})/g,
    (_, long?: string, short?: string) => String.fromCodePoint(Number.parseInt(long ?? short ?? "", 16)),
  );
  for (const [, property, escaped, plain] of written.matchAll(/\\[pP]\{([^}]*)\}|\\(.)|([^\\()[\]{}|?*+^$.])/gsu)) {
    if (property !== undefined) characters.add(properties[property] ?? (/Han|Kana|Thai/.test(property) ? "漢" : "é"));
    else if (escaped !== undefined)
      for (const one of samples[escaped] ?? (/\w/.test(escaped) ? "" : escaped)) characters.add(one);
    else characters.add(plain!);
  }
  for (const one of "ax ") characters.add(one);
  const words = pattern.match(/[\w<>"'=:;,@#!&%`~/ -]{2,12}/g) ?? [];
  return { characters: [...characters], words: [...new Set(words)] };
}
