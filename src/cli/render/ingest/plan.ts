import type { IngestPlan } from "../../../pipeline/ingest/plan.ts";
import { formatCount } from "../format.ts";
import type { Channel } from "../output.ts";
import { terminalText } from "../terminal-text.ts";

type Row = { documents?: number; chunks: number; tokens: number; cost: number | null };

/** Writes what an ingest would take: by format, by folder, and the largest documents. */
export async function renderPlan(plan: IngestPlan, results: Channel): Promise<void> {
  if (plan.documents === 0) return;
  const hasCost = plan.cost !== null;
  const sections: [string, (Row & { name: string })[]][] = [
    ["format", plan.byFormat.map(({ format, ...sum }) => ({ name: format, ...sum }))],
    ["folder", plan.byFolder.map(({ folder, ...sum }) => ({ name: folder, ...sum }))],
    ["largest", plan.largest.map(({ source, ...sum }) => ({ name: source, ...sum }))],
  ];
  const { table } = await import("../table.ts");
  for (const [title, rows] of sections) {
    const hasDocuments = rows[0]?.documents !== undefined;
    const columns = [
      { title, align: "left" as const },
      ...(hasDocuments ? [{ title: "documents", align: "right" as const }] : []),
      { title: "chunks", align: "right" as const },
      { title: "about tokens", align: "right" as const },
      ...(hasCost ? [{ title: "about USD", align: "right" as const }] : []),
    ];
    const cells = rows.map(({ name, documents, chunks, tokens, cost }) => [
      terminalText(name),
      ...(hasDocuments ? [formatCount(documents ?? 0)] : []),
      formatCount(chunks),
      formatCount(tokens),
      ...(hasCost ? [formatCost(cost ?? 0)] : []),
    ]);
    await results.write(`\n${table(columns, cells, null, results.colors.dim)}`);
  }
}

/** `0.0012`, `3.40`: two digits of a fraction of a cent are enough. */
function formatCost(cost: number): string {
  if (cost === 0) return "0";
  return cost < 0.1 ? String(Number(cost.toPrecision(2))) : cost.toFixed(2);
}
