import type { PassageUnit } from "../../markdown/passage-units.ts";
import type { Quote } from "./choose-quotes.ts";
import type { Piece } from "./evidence.ts";

/** A part of one unit of a quote. */
interface Part {
  unit: PassageUnit;
  start: number;
  end: number;
}

/** The words of a quote as they stand in the passage, one line a paragraph, item or row. */
export function quotedText({ pieces }: Quote): string {
  return partsOf(pieces)
    .map(({ unit, start, end }) => unit.text.slice(start, end))
    .join("\n");
}

/** A quote as Markdown, with its citation behind it. */
export function renderQuote(quote: Quote): string {
  const parts = partsOf(quote.pieces);
  const lines: string[] = [];
  for (const [index, part] of parts.entries()) {
    const before = parts[index - 1]?.unit;
    const isInGroup = before !== undefined && before.group !== null && before.group === part.unit.group;
    if (before !== undefined && !isInGroup && !joins(before, part.unit)) lines.push("");
    const citation = index === parts.length - 1 ? `[${quote.passage}]` : "";
    lines.push(...linesOf(part, isInGroup, citation));
  }
  return lines.join("\n");
}

/** What a sentence announces follows it without a blank line. */
function joins(before: PassageUnit, { kind }: PassageUnit): boolean {
  return kind === "item" || (kind === "code" && /[:：]$/.test(before.text));
}

function linesOf({ unit, start, end }: Part, isInGroup: boolean, citation: string): string[] {
  const text = elided({ unit, start, end });
  const cited = citation === "" ? text : `${text} ${citation}`;
  if (unit.kind === "code") {
    const fence = longerFence(text);
    return [fence, text, fence, ...(citation === "" ? [] : [citation])];
  }
  if (unit.kind === "item") return [`- ${cited.replaceAll("\n", "\n  ")}`];
  if (unit.kind !== "row" || unit.row === null) return [cited];
  const { head, cells } = unit.row;
  const [last = "", ...rest] = [...cells].reverse();
  const row = tableRow([...rest.reverse(), citation === "" ? last : `${last} ${citation}`]);
  return isInGroup || head.every((cell) => cell === "")
    ? [row]
    : [tableRow(head), tableRow(head.map(() => "---")), row];
}

/** The text of a part, with a mark where it begins or ends inside a sentence. */
function elided({ unit, start, end }: Part): string {
  const isWhole = (at: "start" | "end", offset: number) => unit.sentences.some((sentence) => sentence[at] === offset);
  const before = isWhole("start", start) ? "" : "… ";
  const behind = isWhole("end", end) ? "" : " …";
  return `${before}${unit.text.slice(start, end)}${behind}`;
}

function tableRow(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}

/** A fence that the code does not hold. */
function longerFence(code: string): string {
  const longest = Math.max(2, ...[...code.matchAll(/`+/g)].map(([run]) => run.length));
  return "`".repeat(longest + 1);
}

/** Consecutive sentences of one unit are one part, with what stands between them. */
function partsOf(pieces: readonly Piece[]): Part[] {
  const parts: Part[] = [];
  for (const { unit, start, end } of pieces) {
    const last = parts.at(-1);
    if (last?.unit === unit) last.end = end;
    else parts.push({ unit, start, end });
  }
  return parts;
}
