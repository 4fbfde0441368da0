import { UserError } from "../../errors.ts";
import { compareCodePoints } from "../../util/compare-code-points.ts";

/** A document that an ingest would write, as a dry run found it. */
export interface PlannedDocument {
  source: string;
  /** Name of its loader. */
  format: string;
  chunks: number;
  /** Estimated, of the chunks that have no vector yet. */
  tokens: number;
}

/** What several documents come to. `cost`: in USD; `null` where no model embeds or its price is not known. */
interface Sum {
  documents: number;
  chunks: number;
  tokens: number;
  cost: number | null;
}

/** What an ingest would write, and what that takes. */
export interface IngestPlan extends Sum {
  /** The one with the most tokens first, as all lists here. */
  byFormat: ({ format: string } & Sum)[];
  /** By the first folder of the source; `.` for files of the project's root, the address's host for pages of the web. */
  byFolder: ({ folder: string } & Sum)[];
  /** The ten documents with the most tokens. */
  largest: (PlannedDocument & Pick<Sum, "cost">)[];
}

/** What an ingest may take at most; what is not set is not limited. */
export interface Budget {
  /** In USD. */
  maxCost?: number | undefined;
  maxTokens?: number | undefined;
}

const largestNamed = 10;

/** Sums up what a dry run found. `price`: USD per million tokens; `null` where no model embeds or it is not known. */
export function planOf(documents: readonly PlannedDocument[], price: number | null): IngestPlan {
  const costOf = (tokens: number): number | null => (price === null ? null : (tokens / 1e6) * price);
  const sumOf = (group: readonly PlannedDocument[]): Sum => {
    const tokens = group.reduce((sum, document) => sum + document.tokens, 0);
    const chunks = group.reduce((sum, document) => sum + document.chunks, 0);
    return { documents: group.length, chunks, tokens, cost: costOf(tokens) };
  };
  const groups = (keyOf: (document: PlannedDocument) => string): [string, Sum][] =>
    [...groupedBy(documents, keyOf)]
      .map(([key, group]): [string, Sum] => [key, sumOf(group)])
      .sort(([keyA, a], [keyB, b]) => b.tokens - a.tokens || compareCodePoints(keyA, keyB));
  return {
    byFormat: groups(({ format }) => format).map(([format, sum]) => ({ format, ...sum })),
    byFolder: groups(({ source }) => topFolder(source)).map(([folder, sum]) => ({ folder, ...sum })),
    largest: documents
      .toSorted((a, b) => b.tokens - a.tokens || b.chunks - a.chunks || compareCodePoints(a.source, b.source))
      .slice(0, largestNamed)
      .map((document) => ({ ...document, cost: costOf(document.tokens) })),
    ...sumOf(documents),
  };
}

function groupedBy(
  documents: readonly PlannedDocument[],
  keyOf: (document: PlannedDocument) => string,
): Map<string, PlannedDocument[]> {
  const groups = new Map<string, PlannedDocument[]>();
  for (const document of documents) {
    const key = keyOf(document);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [document]);
    else group.push(document);
  }
  return groups;
}

function topFolder(source: string): string {
  if (/^https?:\/\//.test(source)) return new URL(source).host;
  const way = /^(?:\.\.\/)*/.exec(source)?.[0] ?? "";
  const [folder = "", ...rest] = source.slice(way.length).split("/");
  return rest.length === 0 ? way.replace(/\/$/, "") || "." : way + folder;
}

/**
 * What refuses a plan that takes more than the budget: `over-budget`; `null` where it does not. A plan whose cost is not
 * known is judged before, by `refuseUnknownPrice`.
 */
export function overBudget({ tokens, cost }: IngestPlan, { maxCost, maxTokens }: Budget): UserError | null {
  const over: string[] = [];
  if (maxTokens !== undefined && tokens > maxTokens) {
    over.push(`about ${tokens.toLocaleString("en-US")} tokens, more than --max-tokens ${maxTokens}`);
  }
  if (maxCost !== undefined && cost !== null && cost > maxCost) {
    over.push(`about $${cost.toPrecision(2)}, more than --max-cost ${maxCost}`);
  }
  if (over.length === 0) return null;
  return new UserError("over-budget", `the ingest would take ${over.join(", and ")}; nothing was sent or written`, {
    hint: "raise the limit, or ingest less: --dry-run shows which folders and documents are large",
  });
}

/** Throws `UserError` `unknown-price` where a cost is limited and the price of the model that embeds is not known. */
export function refuseUnknownPrice(model: string | null, price: number | null, { maxCost }: Budget): void {
  if (maxCost === undefined || model === null || price !== null) return;
  throw new UserError("unknown-price", `--max-cost needs a price, and that of the model ${model} is not known`, {
    hint: "set embedding.price, in USD per million tokens, or limit tokens: --max-tokens",
  });
}
