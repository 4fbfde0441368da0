import { z } from "zod";
import { closest } from "../util/closest.ts";
import type { Problem } from "./problem.ts";
import { type Config, configSchema } from "./schema.ts";

/** The checked configuration with all defaults, or everything that is wrong with it. */
export type Checked = { config: Config; problems: [] } | { config: null; problems: Problem[] };

/** Pure: says everything wrong at once. What stands at the `hidden` paths may be a secret, and is not repeated. */
export function checkConfig(values: unknown, hidden: ReadonlySet<string> = new Set()): Checked {
  const result = configSchema.safeParse(values);
  if (!result.success) {
    return { config: null, problems: result.error.issues.flatMap((issue) => problemsOf(issue, values, hidden)) };
  }
  const problems = contradictions(result.data);
  return problems.length === 0 ? { config: result.data, problems: [] } : { config: null, problems };
}

/** What no single setting shows. */
function contradictions({ chunking }: Config): Problem[] {
  const problems: Problem[] = [];
  if (chunking.overlapChars >= chunking.maxChars) {
    const message = `expected less than chunking.maxChars (${chunking.maxChars}), got ${chunking.overlapChars}`;
    problems.push({ path: "chunking.overlapChars", message });
  }
  if (chunking.sentenceOverlap >= chunking.sentences) {
    const message = `expected less than chunking.sentences (${chunking.sentences}), got ${chunking.sentenceOverlap}`;
    problems.push({ path: "chunking.sentenceOverlap", message });
  }
  return problems;
}

function problemsOf(issue: z.core.$ZodIssue, values: unknown, hidden: ReadonlySet<string>): Problem[] {
  const at = issue.path.map(String);
  const node = schemaAt(at);
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => ({ path: [...at, key].join("."), message: unknownKey(key, node) }));
  }
  const path = at.join(".");
  if (issue.code === "invalid_key") {
    return [{ path, message: "expected a name of lower-case letters, digits, - and _" }];
  }
  return [{ path, message: `expected ${expectation(node)}, got ${shown(valueAt(values, at), at, hidden.has(path))}` }];
}

function unknownKey(key: string, parent: JsonSchema | undefined): string {
  const known = Object.keys(parent?.properties ?? {});
  const meant = closest(key, known);
  return meant === null ? `unknown setting; known are ${known.join(", ")}` : `unknown setting; did you mean ${meant}?`;
}

type JsonSchema = z.core.JSONSchema.BaseSchema;

function schemaAt(path: readonly string[]): JsonSchema | undefined {
  let node: JsonSchema | undefined = z.toJSONSchema(configSchema, { io: "input" });
  for (const key of path) {
    const next: unknown = node?.properties?.[key] ?? node?.additionalProperties;
    node = typeof next === "object" && next !== null ? (next as JsonSchema) : undefined;
  }
  return node;
}

/** What the schema asks for, in words. */
function expectation(node: JsonSchema | undefined): string {
  if (node === undefined) return "something else";
  if (node.enum !== undefined) return `one of ${node.enum.map((value) => JSON.stringify(value)).join(", ")}`;
  if (node.anyOf !== undefined) return node.anyOf.map((option) => expectation(option as JsonSchema)).join(" or ");
  switch (node.type) {
    case "integer":
    case "number":
      return numberExpectation(node);
    case "string":
      if (node.format === "uri") return "an address such as https://host/v1";
      return (node.minLength ?? 0) > 0 ? "a non-empty string" : "a string";
    case "boolean":
      return "true or false";
    case "object":
      return "a mapping of settings";
    default:
      return `a value of type ${String(node.type)}`;
  }
}

function numberExpectation(node: JsonSchema): string {
  const unlimited = Number.MAX_SAFE_INTEGER;
  const noun = node.type === "integer" ? "integer" : "number";
  const maximum = node.maximum === undefined || node.maximum >= unlimited ? null : node.maximum;
  const minimum = node.minimum === undefined || node.minimum <= -unlimited ? null : node.minimum;
  const article = noun === "integer" ? "an" : "a";
  if (node.exclusiveMinimum === 0) return `a positive ${noun}${maximum === null ? "" : ` of at most ${maximum}`}`;
  if (minimum !== null && maximum !== null) return `${article} ${noun} from ${minimum} to ${maximum}`;
  if (minimum !== null) return `${article} ${noun} of at least ${minimum}`;
  return maximum === null ? `${article} ${noun}` : `${article} ${noun} of at most ${maximum}`;
}

function valueAt(values: unknown, path: readonly string[]): unknown {
  let value = values;
  for (const key of path) {
    value = typeof value === "object" && value !== null ? (value as Record<string, unknown>)[key] : undefined;
  }
  return value;
}

const maxShown = 60;

/** The value as written, cut to a readable length; only its type where it may be a secret. */
function shown(value: unknown, path: readonly string[], isHidden: boolean): string {
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "a mapping";
  const secret = isHidden || path.some((key) => /token|key|secret|password/i.test(key));
  if (secret || (typeof value === "string" && /@/.test(value))) return `a ${typeof value}`;
  const text = JSON.stringify(value);
  return text.length > maxShown ? `${text.slice(0, maxShown)}…` : text;
}
