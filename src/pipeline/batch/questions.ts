import { UserError } from "../../errors.ts";
import { judgementFields } from "../eval/question-set.ts";

/** One question of a batch. */
export interface BatchQuestion {
  question: string;
  /** Conditions as written, for this question alone. */
  filters: string[];
  /** As given; `null` where none is. */
  id: string | number | null;
}

/** Problems of a file that are named at once. */
const namedProblems = 5;

/**
 * Reads a batch: each line is a question as it is, or a JSON object with `question` and, if need be, `filter` (a text or a
 * list of texts) and `id` (a text or a number). A set of questions of `rag eval` is a batch too: what it says of the right
 * answers is left alone. Empty lines are left out. `file` is what messages call it.
 *
 * Throws `UserError` `invalid-batch` with the lines that are wrong, and where there is no question at all.
 */
export function parseBatch(text: string, file: string): BatchQuestion[] {
  const problems: string[] = [];
  const questions = text
    .replace(/^\uFEFF/, "")
    .split(/\r?\n/)
    .flatMap((written, index) => {
      const line = written.trim();
      if (line === "") return [];
      const read = line.startsWith("{") ? readObject(line) : { question: line, filters: [], id: null };
      if (typeof read !== "string") return [read];
      problems.push(`${file}:${index + 1}: ${read}`);
      return [];
    });
  if (problems.length > 0) {
    const more = problems.length > namedProblems ? `; and ${problems.length - namedProblems} more` : "";
    throw new UserError("invalid-batch", `${problems.slice(0, namedProblems).join("; ")}${more}`, {
      hint: 'write one question a line, as it is or as {"question": "…", "filter": "source~docs/*", "id": 1}',
    });
  }
  if (questions.length > 0) return questions;
  throw new UserError("invalid-batch", `${file} holds no question`, { hint: "write one question a line" });
}

const knownFields: ReadonlySet<string> = new Set(["question", "filter", "id", "_id", ...judgementFields]);

/** The question, or what is wrong with the line. */
function readObject(line: string): BatchQuestion | string {
  let fields: Record<string, unknown>;
  try {
    fields = JSON.parse(line) as Record<string, unknown>;
  } catch {
    return "begins as a JSON object does, and is none";
  }
  const { question, filter = [] } = fields;
  const id = fields["id"] ?? fields["_id"] ?? null;
  const unknown = Object.keys(fields).find((name) => !knownFields.has(name));
  if (unknown !== undefined) return `unknown field ${JSON.stringify(unknown)}`;
  if (typeof question !== "string" || question.trim() === "") return "expected a text in `question`";
  if (id !== null && typeof id !== "string" && typeof id !== "number") return "expected a text or a number in `id`";
  const filters: unknown[] = Array.isArray(filter) ? filter : [filter];
  if (!filters.every((one) => typeof one === "string")) return "expected a text, or a list of texts, in `filter`";
  return { question: question.trim(), filters, id };
}
