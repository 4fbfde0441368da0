import type { Metadata, MetadataScalar } from "../types.ts";
import { messageOf } from "../errors.ts";

/** What stands between the `---` lines at the start of a Markdown file. */
export interface FrontMatter {
  metadata: Metadata;
  /** Characters up to and with the closing line; 0 where the text has no front matter. */
  length: number;
  /** Why the block could not be read, in one sentence. */
  warning: string | null;
}

const opening = /^---[ \t]*\n/;
const closing = /^(?:---|\.\.\.)[ \t]*(?:\n|$)/gm;
const key = /^["']?[\p{L}\p{N}_$][^:]*:(?:\s|$)/u;
const blankOrComment = /^\s*(?:#|$)/;

/**
 * Reads the YAML front matter of a text whose lines end with `\n`.
 *
 * Nested mappings become dotted keys, dates ISO strings; nulls are dropped. YAML that is not a mapping is no front
 * matter; YAML that cannot be read is a warning, and its characters still count as front matter.
 */
export async function readFrontMatter(text: string): Promise<FrontMatter> {
  const none: FrontMatter = { metadata: {}, length: 0, warning: null };
  const open = opening.exec(text);
  if (open === null) return none;
  closing.lastIndex = open[0].length;
  const close = closing.exec(text);
  if (close === null) return none;
  const source = text.slice(open[0].length, close.index);
  const length = close.index + close[0].length;
  if (source.trim() === "") return { ...none, length };
  if (!startsWithKey(source)) return none;
  const { parseDocument } = await import("yaml");
  try {
    // The empty line stands for the opening one, so that errors name lines of the file.
    const document = parseDocument(`\n${source}`, { customTags: ["timestamp"], logLevel: "silent" });
    if (document.errors[0] !== undefined) throw document.errors[0];
    const value: unknown = document.toJS();
    return isMapping(value) ? { metadata: flatten(value), length, warning: null } : none;
  } catch (error) {
    // The library adds an excerpt of the source after the first line.
    const reason = messageOf(String(error instanceof Error ? error.message : error).split("\n")[0]).replace(/:$/, "");
    return { metadata: {}, length, warning: `the front matter is not valid YAML and was left out: ${reason}` };
  }
}

/** Whether a text is a YAML mapping by its first line that says anything; prose between two thematic breaks is not. */
function startsWithKey(source: string): boolean {
  const first = source.split("\n").find((line) => !blankOrComment.test(line));
  return first !== undefined && key.test(first);
}

function flatten(mapping: Record<string, unknown>): Metadata {
  const found = new Map<string, MetadataScalar | MetadataScalar[]>();
  collect(mapping, "");
  return Object.fromEntries(found);

  function collect(value: unknown, key: string): void {
    if (Array.isArray(value)) {
      const scalars = value.map(scalarOf).filter((item) => item !== null);
      if (scalars.length > 0) append(key, scalars);
      // The fields of a list of mappings become lists: `authors.name`.
      for (const item of value.filter(isMapping)) {
        for (const [name, field] of Object.entries(flatten(item))) append(`${key}.${name}`, [field].flat());
      }
    } else if (isMapping(value)) {
      for (const [name, field] of Object.entries(value)) collect(field, key === "" ? name : `${key}.${name}`);
    } else {
      const scalar = scalarOf(value);
      if (scalar !== null) found.set(key, scalar);
    }
  }

  function append(key: string, scalars: MetadataScalar[]): void {
    found.set(key, [...[found.get(key) ?? []].flat(), ...scalars]);
  }
}

function scalarOf(value: unknown): MetadataScalar | null {
  if (typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "number") return Number.isFinite(value) ? value : String(value);
  if (typeof value === "bigint") return value.toString();
  if (!(value instanceof Date)) return null;
  const iso = value.toISOString();
  return iso.endsWith("T00:00:00.000Z") ? iso.slice(0, 10) : iso;
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date);
}
