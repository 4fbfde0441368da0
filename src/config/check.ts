import { z } from "zod";
import { closest } from "../util/closest.ts";
import { numberOf } from "../filters/parse.ts";
import { fitOverlaps } from "./fit-overlaps.ts";
import type { Problem } from "./problem.ts";
import { brokenRules } from "./rules.ts";
import { type Config, configSchema } from "./schema.ts";
import { type Values, setAt, valueAt } from "./values.ts";

/** The checked configuration with all defaults, or everything that is wrong with it. */
export type Checked = { config: Config; problems: [] } | { config: null; problems: Problem[] };

/** What is known about the origin of values, by path. */
export interface Provenance {
  /** May be secrets, and are not repeated. */
  hidden: ReadonlySet<string>;
  /** Made of environment variables and nothing else: texts, whatever the setting wants. */
  fromVariables: ReadonlySet<string>;
}

const ofNoVariable: Provenance = { hidden: new Set(), fromVariables: new Set() };

/** Pure: says everything wrong at once. */
export function checkConfig(written: Values, { hidden, fromVariables }: Provenance = ofNoVariable): Checked {
  const values = fitOverlaps(withScalars(written, fromVariables));
  const result = configSchema.safeParse(values);
  const refused = result.success ? [] : result.error.issues.flatMap((issue) => problemsOf(issue, values, hidden));
  const paths = new Set(refused.map(({ path }) => path));
  const show = (path: string, value: unknown) => shown(value, path.split("."), hidden.has(path));
  // A rule about settings of which the schema refuses one would say the same again, or judge by a default.
  const broken = brokenRules(values, show).filter(
    ({ path, about = [] }) => ![path, ...about].some((at) => paths.has(at)),
  );
  const problems = [...refused, ...broken];
  return result.success && problems.length === 0 ? { config: result.data, problems: [] } : { config: null, problems };
}

/** A variable is always a text: where the setting wants a number, or true or false, it is read as one. */
function withScalars(written: Values, fromVariables: ReadonlySet<string>): Values {
  let values = written;
  for (const at of fromVariables) {
    const path = at.split(".");
    const text = valueAt(values, path);
    const scalar = typeof text === "string" ? scalarOf(text) : null;
    // Describing the schema takes a while: only what reads as a scalar is worth it.
    if (scalar !== null && accepts(schemaAt(path), scalar)) values = setAt(values, path, scalar);
  }
  return values;
}

function scalarOf(text: string): number | boolean | null {
  if (text === "true" || text === "false") return text === "true";
  const number = numberOf(text);
  return Number.isFinite(number) ? number : null;
}

function accepts(node: JsonSchema | undefined, scalar: number | boolean): boolean {
  if (typeof scalar === "boolean") return node?.type === "boolean";
  return node?.type === "number" || node?.type === "integer";
}

function problemsOf(issue: z.core.$ZodIssue, values: unknown, hidden: ReadonlySet<string>): Problem[] {
  const at = issue.path.map(String);
  const node = schemaAt(at);
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => ({
      path: [...at, key].join("."),
      message: retired[[...at, key].join(".")] ?? unknownKey(key, node),
    }));
  }
  const path = at.join(".");
  if (issue.code === "invalid_key") {
    return [{ path, message: "expected a name of lower-case letters, digits, - and _" }];
  }
  return [{ path, message: `expected ${expectation(node)}, got ${shown(valueAt(values, at), at, hidden.has(path))}` }];
}

const ownAnalysis =
  "no longer a setting: words are found in the same way on every store, in the language of each document; take it out";

/** Settings of earlier versions, by path. */
const retired: Readonly<Record<string, string>> = { text: ownAnalysis, "milvus.analyzer": ownAnalysis };

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

const maxShown = 60;

/** The value as written, cut to a readable length; only its type where it may be a secret. */
function shown(value: unknown, path: readonly string[], isHidden: boolean): string {
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "a mapping";
  const secret = isHidden || path.some((key) => /token(?!s)|key|secret|password/i.test(key));
  if (secret || (typeof value === "string" && /@/.test(value))) return `a ${typeof value}`;
  const text = JSON.stringify(value);
  return text.length > maxShown ? `${text.slice(0, maxShown)}…` : text;
}
