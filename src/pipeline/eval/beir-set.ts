import { readdir } from "node:fs/promises";
import path from "node:path";
import { UserError, messageOf } from "../../errors.ts";
import { readRegularFile } from "../../files/read-regular-file.ts";
import { type EvalQuestion, invalidSet, parseJsonLines, parseQuestionSet } from "./question-set.ts";

/** A document of a BEIR corpus. */
export interface CorpusDocument {
  id: string;
  title: string;
  text: string;
}

export interface EvalSet {
  /** As the user named it. */
  name: string;
  questions: EvalQuestion[];
  /** Where the set brings the documents that it asks about; `null` where it does not. */
  corpus: (() => Promise<CorpusDocument[]>) | null;
}

/**
 * Reads a set: a JSONL file of questions, or a folder in the form of BEIR with `queries.jsonl`, `qrels.tsv` (or files in
 * `qrels/`, of which `test.tsv` counts where it is there) and mostly `corpus.jsonl`.
 *
 * Source of the form: Thakur et al., "BEIR: A Heterogeneous Benchmark for Zero-shot Evaluation of Information Retrieval
 * Models", NeurIPS 2021. Throws `UserError` `set-not-found`, `invalid-set`.
 */
export async function readEvalSet(name: string, workingDirectory: string): Promise<EvalSet> {
  const place = path.resolve(workingDirectory, name);
  const entries = await readdir(place).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOTDIR") return null;
    throw notReadable(name, error);
  });
  if (entries === null) {
    const text = await read(place, name);
    return { name, questions: parseQuestionSet(text, name), corpus: null };
  }
  if (!entries.includes("queries.jsonl")) {
    throw new UserError("invalid-set", `${name} is a folder without queries.jsonl`, {
      hint: "name a JSONL file, or a folder with queries.jsonl, qrels.tsv and corpus.jsonl",
    });
  }
  const corpus = entries.includes("corpus.jsonl")
    ? async () =>
        parseCorpus(await read(path.join(place, "corpus.jsonl"), `${name}/corpus.jsonl`), `${name}/corpus.jsonl`)
    : null;
  const judgements = await readJudgements(place, name);
  const queriesFile = `${name}/queries.jsonl`;
  const queries = parseJsonLines(await read(path.join(place, "queries.jsonl"), queriesFile), queriesFile);
  const questions = queries.flatMap(({ fields, line }) => {
    const { _id: id, text } = fields;
    if (!isId(id) || typeof text !== "string") throw invalidSet(queriesFile, line, "expected `_id` and `text`");
    const references = [...(judgements.get(String(id)) ?? [])].map(([document, gain]) => ({
      document,
      gain,
      spans: [],
    }));
    const given = fields["answers"] ?? fields["answer"] ?? [];
    const answers = [given].flat().filter((answer) => typeof answer === "string");
    const unanswerable = fields["unanswerable"] === true;
    // A split judges a part of the queries; the others are not asked.
    if (references.length === 0 && !unanswerable) return [];
    return [{ id: String(id), text, references, answers, unanswerable }];
  });
  if (questions.length === 0) {
    throw new UserError("invalid-set", `${name} judges no query that it holds`, {
      hint: "the first column of qrels.tsv names queries by their `_id`",
    });
  }
  return { name, questions, corpus };
}

function isId(value: unknown): value is string | number {
  return typeof value === "string" || typeof value === "number";
}

/** Gains by query and document. */
async function readJudgements(folder: string, name: string): Promise<Map<string, Map<string, number>>> {
  const file = await judgementsFile(folder, name);
  const judgements = new Map<string, Map<string, number>>();
  const rows = (await read(path.join(folder, file), `${name}/${file}`)).replace(/^\uFEFF/, "").split(/\r?\n/);
  for (const [index, row] of rows.entries()) {
    if (row.trim() === "") continue;
    const columns = row.split(/\t/);
    const [query = "", document = "", gain = ""] = columns.length === 1 ? row.trim().split(/\s+/) : columns;
    if (gain.trim() === "" || !Number.isFinite(Number(gain))) {
      // The first line names the columns.
      if (index === 0) continue;
      throw invalidSet(`${name}/${file}`, index + 1, "expected a query, a document and a number");
    }
    const known = judgements.get(query) ?? new Map<string, number>();
    judgements.set(query, known.set(document, Number(gain)));
  }
  return judgements;
}

async function judgementsFile(folder: string, name: string): Promise<string> {
  const split = await readdir(path.join(folder, "qrels")).catch(() => []);
  const files = split.filter((file) => file.endsWith(".tsv"));
  if (files.includes("test.tsv")) return "qrels/test.tsv";
  const [only, ...others] = files;
  if (only === undefined) return "qrels.tsv";
  if (others.length === 0) return `qrels/${only}`;
  throw new UserError(
    "invalid-set",
    `${name}/qrels holds ${files.length} splits and no test.tsv: ${files.join(", ")}`,
    {
      hint: "leave the one that counts in the folder",
    },
  );
}

function parseCorpus(text: string, file: string): CorpusDocument[] {
  const documents = parseJsonLines(text, file).map(({ fields, line }) => {
    const { _id: id, title = "", text: body } = fields;
    if (!isId(id) || typeof title !== "string" || typeof body !== "string") {
      throw invalidSet(file, line, "expected `_id`, `title` and `text`");
    }
    return { id: String(id), title, text: body };
  });
  if (documents.length === 0) throw new UserError("invalid-set", `${file} holds no document`);
  return documents;
}

/** A corpus of a million passages takes a few gigabytes; a string holds half of one. */
const maxBytes = 500_000_000;

async function read(file: string, name: string): Promise<string> {
  try {
    return (await readRegularFile(file, maxBytes)).toString("utf8");
  } catch (error) {
    throw notReadable(name, error);
  }
}

function notReadable(name: string, error: unknown): UserError {
  const isMissing = (error as NodeJS.ErrnoException).code === "ENOENT";
  return new UserError(
    "set-not-found",
    isMissing ? `there is no set ${name}` : `cannot read ${name}: ${messageOf(error)}`,
    {
      hint: "name a JSONL file, or a folder in the form of BEIR; rag eval questions.jsonl --make 50 writes a first set",
      cause: error,
    },
  );
}
