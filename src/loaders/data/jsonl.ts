import { decodeText } from "../../files/decode-text.ts";
import { fileStem } from "../../files/file-stem.ts";
import { oneLine } from "../metadata.ts";
import { lineDocument } from "../line-document.ts";
import type { Loader } from "../types.ts";

/** Objects inside objects that are still written with their keys; deeper ones as JSON. */
const maxDepth = 8;

/**
 * JSON Lines: each record on its line, as `key: value; key.inner: value`, with its escapes resolved. A line that is not
 * JSON stays as it is, which is a warning.
 */
export const jsonlLoader: Loader = {
  name: "jsonl",
  version: 1,
  async load({ source, bytes }) {
    const { text, warnings } = await decodeText(bytes);
    let broken = 0;
    const lines = text.split("\n").map((line) => {
      if (line.trim() === "") return "";
      try {
        return [...fieldsOf(JSON.parse(line), "", 0)].join("; ");
      } catch {
        broken += 1;
        return line;
      }
    });
    const count = `${broken} of ${lines.filter((line) => line !== "").length} lines are not JSON and were taken as text`;
    return {
      document: lineDocument({ source, format: "jsonl", title: fileStem(source) }, lines.join("\n"), "lines"),
      warnings: broken === 0 ? warnings : [...warnings, count],
    };
  },
};

function* fieldsOf(value: unknown, path: string, depth: number): Generator<string> {
  const isNested = typeof value === "object" && value !== null;
  if (isNested && Array.isArray(value) && value.every((item) => typeof item !== "object")) {
    if (value.length > 0) yield named(path, value.map(String).join(", "));
  } else if (isNested && depth < maxDepth) {
    for (const [key, item] of Object.entries(value)) {
      const inner = Array.isArray(value) ? path : path === "" ? key : `${path}.${key}`;
      yield* fieldsOf(item, inner, depth + 1);
    }
  } else if (value !== null && value !== "") yield named(path, isNested ? JSON.stringify(value) : String(value));
}

function named(path: string, value: string): string {
  const text = oneLine(value.toWellFormed());
  return path === "" ? text : `${oneLine(path)}: ${text}`;
}
