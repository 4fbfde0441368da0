import { UserError } from "../../errors.ts";

/** Lines of a document, counted from 1, both included. */
export interface LineSpan {
  first: number;
  last: number;
}

/** A place that answers a question. */
export interface Reference {
  /** As the set names the document. */
  document: string;
  /** Above 0 is relevant; more is better. */
  gain: number;
  /** The lines that answer; none: the whole document does. */
  spans: readonly LineSpan[];
}

export interface EvalQuestion {
  id: string;
  text: string;
  references: readonly Reference[];
  /** Right answers, any of which will do. */
  answers: readonly string[];
  /** The documents do not answer it: to refuse is right. */
  unanswerable: boolean;
}

/** Fields of a question of a set that say what is right, beside `question` and `id`. */
export const judgementFields = ["source", "sources", "lines", "answer", "answers", "unanswerable"] as const;

type Fields = Readonly<Record<string, unknown>>;

/** The rows of a JSONL file with their line numbers; empty lines count as lines. Throws `UserError` `invalid-set`. */
export function parseJsonLines(text: string, file: string): { fields: Fields; line: number }[] {
  return text
    .replace(/^\uFEFF/, "")
    .split(/\r?\n/)
    .flatMap((row, index) => {
      if (row.trim() === "") return [];
      const line = index + 1;
      const fields = parsed(row);
      if (fields === null) throw invalidSet(file, line, "expected a JSON object on the line");
      return [{ fields, line }];
    });
}

function parsed(row: string): Fields | null {
  try {
    const value: unknown = JSON.parse(row);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : null;
  } catch {
    return null;
  }
}

export function invalidSet(file: string, line: number, problem: string): UserError {
  return new UserError("invalid-set", `${file}:${line}: ${problem}`, {
    hint: "docs/evaluation.md shows what a set of questions looks like",
  });
}

/**
 * Reads a set with one JSON object a line: `question`, and of `source` or `sources`, `lines`, `answer` or `answers`, and
 * `unanswerable` at least one. `file` is what messages call it. Throws `UserError` `invalid-set` with the line, and where
 * there is no question at all.
 */
export function parseQuestionSet(text: string, file: string): EvalQuestion[] {
  const questions = parseJsonLines(text, file).map(({ fields, line }) =>
    readQuestion(fields, line, (problem) => invalidSet(file, line, problem)),
  );
  if (questions.length === 0) {
    throw new UserError("invalid-set", `${file} holds no question`, {
      hint: `write a first set from the collection: rag eval ${file} --make 50`,
    });
  }
  return questions;
}

type Refuse = (problem: string) => UserError;

function readQuestion(fields: Fields, line: number, refuse: Refuse): EvalQuestion {
  const { question, unanswerable = false } = fields;
  if (typeof question !== "string" || question.trim() === "") {
    throw refuse("expected the question, a text, in `question`");
  }
  if (typeof unanswerable !== "boolean") throw refuse("expected true or false in `unanswerable`");
  const references = readReferences(fields, refuse);
  const answers = oneOrMany(fields, "answer", "answers", refuse).map((answer) => {
    if (typeof answer !== "string") throw refuse("expected a text, or a list of texts, as answer");
    return answer;
  });
  if (unanswerable && references.length + answers.length > 0) {
    throw refuse("a question with a source or an answer is not unanswerable");
  }
  if (!unanswerable && references.length + answers.length === 0) {
    throw refuse('expected `source`, `answer` or `"unanswerable": true` beside the question');
  }
  const id = fields["id"] ?? fields["_id"];
  return {
    id: typeof id === "string" || typeof id === "number" ? String(id) : `line ${line}`,
    text: question,
    references,
    answers,
    unanswerable,
  };
}

/** What stands under either name; a single value is a list of one. */
function oneOrMany(fields: Fields, one: string, many: string, refuse: Refuse): unknown[] {
  if (fields[one] !== undefined && fields[many] !== undefined)
    throw refuse(`expected \`${one}\` or \`${many}\`, got both`);
  const value = fields[one] ?? fields[many] ?? [];
  return Array.isArray(value) ? value : [value];
}

/** `lines` beside a single source belongs to it; of several, each names its own. A source that is named twice is one. */
function readReferences(fields: Fields, refuse: Refuse): Reference[] {
  const places = oneOrMany(fields, "source", "sources", refuse).map((place) => readPlace(place, refuse));
  const { lines } = fields;
  if (lines !== undefined) {
    const [place, ...others] = places;
    if (place === undefined || others.length > 0) {
      throw refuse('`lines` belongs to one source; of several, write {"source": …, "lines": …} for each');
    }
    place.spans = readSpans(lines, refuse);
  }
  const merged = new Map<string, Reference>();
  for (const { document, gain, spans } of places) {
    const known = merged.get(document);
    merged.set(document, {
      document,
      gain: Math.max(gain, known?.gain ?? gain),
      spans: [...(known?.spans ?? []), ...spans],
    });
  }
  return [...merged.values()];
}

function readPlace(place: unknown, refuse: Refuse): { document: string; gain: number; spans: LineSpan[] } {
  if (typeof place === "string" && place.trim() !== "") return { document: place, gain: 1, spans: [] };
  if (typeof place === "object" && place !== null && !Array.isArray(place)) {
    const { source, lines, gain = 1 } = place as Fields;
    if (typeof source === "string" && source.trim() !== "") {
      if (typeof gain !== "number" || !Number.isFinite(gain)) throw refuse("expected a number in `gain`");
      return { document: source, gain, spans: lines === undefined ? [] : readSpans(lines, refuse) };
    }
  }
  throw refuse('expected a path, or {"source": …, "lines": …}, as source');
}

/** `34`, `[34, 41]`, `"34-41"`, or a list of such pairs and texts. */
function readSpans(lines: unknown, refuse: Refuse): LineSpan[] {
  if (Array.isArray(lines) && !lines.every((one) => typeof one === "number")) {
    return lines.flatMap((one) => readSpans(one, refuse));
  }
  const [first, last] = endsOf(lines);
  if (first === undefined || last === undefined || !Number.isSafeInteger(first) || first < 1 || last < first) {
    throw refuse('expected lines as 34, [34, 41] or "34-41"');
  }
  return [{ first, last }];
}

function endsOf(lines: unknown): (number | undefined)[] {
  if (typeof lines === "number") return [lines, lines];
  if (Array.isArray(lines)) return lines.length === 2 ? (lines as number[]) : [];
  const [, first, last = first] = /^\s*(\d+)\s*(?:[-–]\s*(\d+)\s*)?$/.exec(String(lines)) ?? [];
  return [first, last].map((text) => (text === undefined ? undefined : Number(text)));
}
