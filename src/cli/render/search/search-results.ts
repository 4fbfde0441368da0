import type { SearchDocument } from "../documents.ts";
import type { Hit, SearchMode } from "../../../types.ts";
import { plainMarkdown, withoutHeading } from "../../../markdown/plain-markdown.ts";
import { escapeMarkdown } from "./markdown-text.ts";
import { escapeControls, terminalText } from "../terminal-text.ts";
import type { SearchFormat } from "../../arguments/flags.ts";
import { type Conditions, describeConditions } from "../conditions.ts";
import { csv } from "./csv.ts";
import { counted } from "../format.ts";
import type { Channel, Output } from "../output.ts";
import { linksFor } from "../places/hyperlink.ts";
import { type Folders, linkOf, pathOf, locationOf } from "../location.ts";

/** What `rag search` found: its JSON document. */
export interface SearchResult {
  query: string;
  collection: string;
  mode: SearchMode;
  durationMs: number;
  hits: Hit[];
}

interface SearchView {
  /** Print passages whole. */
  full: boolean;
  /** Told where nothing was found. */
  conditions: Conditions;
  folders: Folders;
  /** `paths` only: each path ends with a NUL, not with a line break. */
  print0: boolean;
}

/** Characters of a passage in the table where it is not printed whole. */
const snippetLength = 240;

/** Columns between the parts of a line. */
const gap = 2;
/** Columns that a passage gets at least. */
const narrowest = 20;

type Render = (result: SearchResult, view: SearchView, channel: Channel) => string | Promise<string>;

const renderers = {
  table: renderTable,
  json: (result) => `${JSON.stringify(result)}\n`,
  ndjson: ({ hits }) => hits.map((hit) => `${escapeControls(JSON.stringify(hit))}\n`).join(""),
  csv: renderCsv,
  markdown: renderMarkdown,
  paths: renderPaths,
} satisfies Record<SearchFormat, Render>;

/** Prints hits in the format asked for; to a terminal, nothing that a document could control it with. */
export async function renderSearch(
  result: SearchResult,
  format: SearchFormat,
  view: SearchView,
  output: Output,
): Promise<void> {
  if (format === "json") return output.writeJson<SearchDocument>(result);
  if (result.hits.length === 0 && (format === "table" || format === "markdown")) {
    output.notice(`nothing found in collection ${result.collection}${describeConditions(view.conditions)}`);
    if (format === "table") return;
  }
  const shown = format === "table" ? maskedResult(result, output) : result;
  const text = await renderers[format](shown, view, output.results);
  const isForPeople = format === "table" || format === "markdown";
  const isData = format === "csv" || format === "paths";
  await (isData ? output.results.writeData(text) : isForPeople ? output.writeLong(text) : output.results.write(text));
  const broken = format === "paths" && !view.print0 ? pathsOf(result, view).filter((path) => /[\r\n]/.test(path)) : [];
  if (broken.length > 0) {
    output.warn(
      `${counted(broken.length, "path")} with a line break in its name, shown as \u{FFFD}; --print0 prints paths as they are`,
    );
  }
}

/**
 * Rank and score in a margin, the passage beside them. Laid out by hand: a table library takes longer to measure its
 * cells than the search takes.
 */
async function renderTable(result: SearchResult, view: SearchView, channel: Channel): Promise<string> {
  const { colors } = channel;
  const { wrapText } = await import("../terminal/wrap.ts");
  const { queryWords } = await import("./highlight.ts");
  const words = queryWords(result.query);
  const linkTo = await linksFor(channel, view.folders);
  const mark = (word: string) => colors.bold(colors.yellow(word));

  const margins = result.hits.map((hit) => [String(hit.rank), formatScore(hit.score)] as const);
  const widths = [0, 1].map((column) => Math.max(...margins.map((margin) => margin[column]?.length ?? 0)));
  const [rankWidth = 0, scoreWidth = 0] = widths;
  const indent = " ".repeat(rankWidth + scoreWidth + 2 * gap);
  const room = channel.columns === null ? null : Math.max(narrowest, channel.columns - indent.length);

  const isWhole = showsWhole(result, view);
  const readables = isWhole ? [] : result.hits.map(readable);
  const entries = result.hits.map((hit, index) => {
    const [rank = "", score = ""] = margins[index] ?? [];
    const margin = `${rank.padStart(rankWidth)}  ${colors.dim(score.padStart(scoreWidth))}  `;
    const shown = isWhole ? trimmed(hit.text) : words.snippet(readables[index]!, snippetLength);
    const passage = [
      ...dimmed(hit.before, colors),
      words.highlight(terminalText(shown), mark),
      ...dimmed(hit.after, colors),
    ].join("\n");
    const heading = terminalText(sectionsOf(hit));
    const place = linkTo(hit.source, colors.cyan(terminalText(locationOf(hit))));
    const from = hit.collection === undefined ? "" : `${colors.dim(`${hit.collection}:`)} `;
    const title = `${from}${place}  ${colors.dim(heading)}`.trimEnd();
    const link = hit.url === undefined ? "" : `${colors.dim(terminalText(hit.url))}\n`;
    const lines = wrapText(`${title}\n${link}${passage}`, room).split("\n");
    return lines.map((line, at) => `${at === 0 ? margin : indent}${line}`.trimEnd()).join("\n");
  });
  return `${entries.join("\n\n")}\n`;
}

/** Sections that are named at most, of a passage that holds several. */
const namedSections = 4;

/** `Guide › Storage`; of a passage of several sections, `Guide · Storage · Backup`. */
function sectionsOf({ heading, headings, title }: Hit): string {
  const others = headings.filter((name) => name !== title && !heading.includes(name));
  const more = others.length > namedSections ? ["…"] : [];
  return [heading.join(" › ") || title, ...others.slice(0, namedSections), ...more].join(" · ");
}

/** Masked before it is laid out: a secret that is broken into lines would not be found. */
function maskedResult(result: SearchResult, { masked }: Output): SearchResult {
  const hits = result.hits.map((hit) => ({
    ...hit,
    text: masked(hit.text),
    ...(hit.before ? { before: masked(hit.before) } : {}),
    ...(hit.after ? { after: masked(hit.after) } : {}),
  }));
  return { ...result, hits };
}

/** A snippet does not stand between two whole texts. */
function showsWhole({ hits }: Pick<SearchResult, "hits">, { full }: SearchView): boolean {
  return full || hits.some(({ before }) => before !== undefined);
}

/** The whole text before or after a passage; empty where there is none or it was not asked for. */
function dimmed(around: string | null | undefined, { dim }: Channel["colors"]): string[] {
  if (!around) return [];
  return [terminalText(trimmed(around)).split("\n").map(dim).join("\n")];
}

/** Without blank lines around it; the first line keeps its indentation. */
function trimmed(text: string): string {
  return text.replace(/^(?:[^\S\n]*\n)+/, "").trimEnd();
}

/** A passage for a snippet of one line, in which marks of Markdown would mean something else; its heading is shown. */
function readable({ text, heading, title }: Hit): string {
  return plainMarkdown(withoutHeading(text, [...heading, title]));
}

/** Scores differ in size by a hundredfold between modes: three significant digits. */
function formatScore(score: number): string {
  return Math.abs(score) >= 100 ? score.toFixed(0) : score.toPrecision(3);
}

/** For programs that open them: as they are called from the working folder, and raw unless a person reads them. */
function renderPaths(result: SearchResult, view: SearchView, channel: Channel): string {
  const paths = pathsOf(result, view);
  if (view.print0) return paths.map((path) => `${path}\0`).join("");
  // A line break in a name would make two paths of one.
  const shown = (path: string) =>
    channel.isTerminal ? terminalText(path).replaceAll(/[\t\n]/g, "\u{FFFD}") : path.replaceAll(/[\r\n]/g, "\u{FFFD}");
  return paths.map((path) => `${shown(path)}\n`).join("");
}

function pathsOf({ hits }: SearchResult, { folders }: SearchView): string[] {
  return [...new Set(hits.map((hit) => pathOf(hit.source, folders)))];
}

function renderCsv({ hits }: SearchResult, _: SearchView, channel: Channel): string {
  const clean = channel.isTerminal ? terminalText : (text: string) => text;
  // A column of its own where there is something in it: who maps no addresses keeps the columns as they are.
  const hasUrls = hits.some(({ url }) => url !== undefined);
  const isExpanded = hits.some(({ before }) => before !== undefined);
  const areSeveral = hits.some(({ collection }) => collection !== undefined);
  const columns = ["rank", "score", "source", "title", "heading", "page", "startLine", "endLine", "text"];
  return csv([
    [
      ...columns,
      ...(isExpanded ? ["before", "after"] : []),
      ...(areSeveral ? ["collection"] : []),
      ...(hasUrls ? ["url"] : []),
    ],
    ...hits.map((hit) => [
      hit.rank,
      hit.score,
      clean(hit.source),
      clean(hit.title),
      clean(hit.heading.join(" > ")),
      hit.page,
      hit.startLine,
      hit.endLine,
      clean(hit.text),
      ...(isExpanded ? [clean(hit.before ?? ""), clean(hit.after ?? "")] : []),
      ...(areSeveral ? [hit.collection ?? ""] : []),
      ...(hasUrls ? [clean(hit.url ?? "")] : []),
    ]),
  ]);
}

/** A document is read in a terminal too, by `cat`: it holds no control characters wherever it goes. */
async function renderMarkdown({ query, hits }: SearchResult, view: SearchView): Promise<string> {
  const { queryWords } = await import("./highlight.ts");
  const words = queryWords(query);
  const title = `# ${escapeMarkdown(query.replaceAll(/\s+/g, " ").slice(0, 200))}\n`;
  const isWhole = showsWhole({ hits }, view);
  const readables = isWhole ? [] : hits.map(readable);
  const entries = hits.map((hit, index) => {
    const passage = isWhole ? hit.text : words.snippet(readables[index]!, snippetLength);
    const quote = [hit.before, passage, hit.after]
      .flatMap((text) => (text ? [trimmed(text)] : []))
      .join("\n\n")
      .split(/\r\n|[\r\n]/)
      .map((line) => `> ${line}`.trimEnd())
      .join("\n");
    const name = escapeMarkdown(hit.heading.join(" › ") || hit.title || hit.source);
    return `${hit.rank}. [${name}](${linkOf(hit)}) · ${locationOf(hit)} · score ${formatScore(hit.score)}\n\n${quote}\n`;
  });
  return terminalText([title, ...entries].join("\n"));
}
