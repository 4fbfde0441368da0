import type { Config } from "./schema.ts";

/** What the schema makes of an empty configuration. Generated from it: change `schema.ts` and run `npm run docs`. */
export function defaultConfig(): Config {
  return JSON.parse(String.raw`{
  "collection": "docs",
  "store": {
    "path": ".rag"
  },
  "milvus": {
    "timeoutMs": 30000,
    "consistency": "bounded",
    "index": {
      "type": "AUTOINDEX",
      "params": {},
      "searchParams": {}
    },
    "idleMinutes": 10
  },
  "metric": "cosine",
  "embedding": {
    "concurrency": 8,
    "timeoutMs": 60000,
    "maxWaitMs": 300000,
    "cache": true,
    "cacheMb": 2000
  },
  "llm": {
    "provider": "extractive",
    "timeoutMs": 120000
  },
  "providers": {},
  "chunking": {
    "strategy": "markdown",
    "maxChars": 1600,
    "overlapChars": 200,
    "separator": "# ",
    "sentences": 10,
    "sentenceOverlap": 1
  },
  "ingest": {
    "maxFileMb": 64,
    "maxPages": 1000,
    "followLinks": false
  },
  "loaders": {},
  "urls": {},
  "urlStyle": "github",
  "search": {
    "fusion": "scaled",
    "topK": 5,
    "rerankCandidates": 30,
    "rerankTimeoutMs": 15000
  },
  "ask": {
    "maxContextChars": 12000,
    "strict": false
  }
}`) as Config;
}
