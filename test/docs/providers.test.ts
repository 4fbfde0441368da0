import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { providers } from "../../src/models/providers.ts";

const read = (name: string): string => readFileSync(new URL(`../../docs/${name}`, import.meta.url), "utf8");

/** The cells of the built-in providers in docs/providers.md, by the names in the first one. */
function documentedRows(): Map<string, { key: string; embeddings: string; chat: string }> {
  const rows = read("providers.md")
    .split("\n")
    .filter((line) => line.startsWith("| `"))
    .map((line) => line.split("|").map((cell) => cell.trim()));
  return new Map(
    rows.flatMap(([, names = "", key = "", embeddings = "", chat = ""]) =>
      [...names.matchAll(/`([^`]+)`/g)].map(([, name = ""]) => [name, { key, embeddings, chat }] as const),
    ),
  );
}

describe("docs/providers.md", () => {
  it("names every provider, and none that does not exist", () => {
    const builtIn = [...Object.keys(providers), "local"];
    expect([...documentedRows().keys()].sort()).toEqual(builtIn.sort());
  });

  it.each(Object.entries(providers))("says of %s what the tool does", (name, { keyVariable, embedding, chat }) => {
    const row = documentedRows().get(name);
    expect(row?.key).toBe(keyVariable === null ? "–" : `\`${keyVariable}\``);
    expect(row?.chat).toBe(chat === null ? "–" : (chat.defaultModel ?? "name one"));
    expect(row?.embeddings === "none").toBe(embedding === null);
    const bold = /\*\*(.+?)\*\*/.exec(row?.embeddings ?? "")?.[1] ?? null;
    expect(bold).toBe(embedding?.defaultModel ?? null);

    const listed = (row?.embeddings ?? "").split(", ").filter((entry) => !/^(none|name one|–)$/.test(entry));
    for (const entry of listed) {
      const [, model = "", dimensions] = /^\**([^\s*]+)\**(?: \((\d+)\))?$/.exec(entry) ?? [];
      const facts = embedding?.models[model];
      expect(facts, entry).toBeDefined();
      expect(dimensions ?? String(facts?.dimensions)).toBe(String(facts?.dimensions));
    }
  });
});
