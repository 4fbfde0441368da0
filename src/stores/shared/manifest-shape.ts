import type { Manifest } from "../types.ts";

/**
 * The manifest that a collection carries as JSON; `null` where it is none of this tool: a collection may have come with a
 * project, and its manifest may say anything. One of a later form is taken by its form and version alone.
 */
export function manifestIn(json: string): Manifest | null {
  const value = parsed(json);
  if (!isObject(value) || !isCount(value["schemaVersion"])) return null;
  if (value["schemaVersion"] > 2)
    return typeof value["toolVersion"] === "string" ? (value as unknown as Manifest) : null;
  const { embedding, metric, chunking, analysis = 0, project = "" } = value;
  const texts = [value["analyzer"], value["toolVersion"], value["createdAt"], project];
  const isOwn =
    texts.every((text) => typeof text === "string") &&
    ["cosine", "ip", "l2"].includes(metric as string) &&
    isCount(analysis) &&
    isObject(chunking) &&
    Object.values(chunking).every((setting) => typeof setting === "string" || typeof setting === "number") &&
    (embedding === null || isEmbedding(embedding));
  return isOwn ? (value as unknown as Manifest) : null;
}

function isEmbedding(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { provider, model, dimensions, queryPrefix, documentPrefix } = value;
  return (
    [provider, model, queryPrefix, documentPrefix].every((text) => typeof text === "string") && isCount(dimensions)
  );
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json) as unknown;
  } catch {
    return null;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
