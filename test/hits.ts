import type { Hit } from "../src/types.ts";

let made = 0;

/** A hit with this text; the rest is made up where it is not given. */
export function hitOf(text: string, fields: Partial<Hit> = {}): Hit {
  made += 1;
  return {
    rank: 1,
    score: 1,
    scores: { dense: null, text: 1, rerank: null },
    id: String(made),
    source: "docs/guide.md",
    title: "Guide",
    heading: [],
    page: null,
    startLine: 1,
    endLine: text.split("\n").length,
    text,
    metadata: {},
    ...fields,
  };
}
