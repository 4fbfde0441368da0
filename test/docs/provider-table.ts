import { type Provider, providers } from "../../src/models/providers.ts";

const begin = "<!-- Written by `npm run docs` from src/models/providers.ts. -->";
const end = "<!-- End of what is written. -->";

const none = "–";
const nameOne = "name one";

/** What runs in this process has no row in `providers.ts`. */
const local = ["`local`", none, "name one, from the model hub or a folder", none, "name one, as for embeddings"];

/** `docs/providers.md` with its table of the built-in providers as `providers.ts` has them; the rest of it as it is. */
export function withProviderTable(page: string): string {
  const [before, rest] = page.split(begin);
  const after = rest?.split(end)[1];
  if (before === undefined || after === undefined) throw new Error("docs/providers.md has lost the marks of its table");
  const head = ["name", "key", "embeddings, default in bold", "chat, default", "reranking, default"];
  const rows = [...Object.entries(providers).map(([name, provider]) => rowOf(name, provider)), local];
  return `${before}${begin}\n\n${aligned([head, ...rows])}\n\n${end}${after}`;
}

function rowOf(name: string, { keyVariable, embedding, chat, rerank }: Provider): string[] {
  return [
    `\`${name}\``,
    keyVariable === null ? none : `\`${keyVariable}\``,
    embedding === null ? "none" : embeddingModels(embedding) || nameOne,
    chat === null ? none : (chat.defaultModel ?? nameOne),
    rerank === null ? none : (rerank.defaultModel ?? (rerank.needsModel ? nameOne : "the server's own")),
  ];
}

/** The default first, each with its dimensions. */
function embeddingModels({ defaultModel, models }: NonNullable<Provider["embedding"]>): string {
  const names = [...new Set([...(defaultModel === null ? [] : [defaultModel]), ...Object.keys(models)])];
  return names
    .map((name) => {
      const dimensions = models[name]?.dimensions ?? null;
      return `${name === defaultModel ? `**${name}**` : name}${dimensions === null ? "" : ` (${dimensions})`}`;
    })
    .join(", ");
}

/** As the formatter aligns a table, so that it leaves this one alone. */
function aligned([head = [], ...rows]: readonly (readonly string[])[]): string {
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[], pad = " ") =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0, pad)).join(" | ")} |`;
  return [
    line(head),
    line(
      head.map(() => ""),
      "-",
    ),
    ...rows.map((row) => line(row)),
  ].join("\n");
}
