import { stopWordsByLanguage } from "../stop-words.ts";
import type { Language } from "./language.ts";

export function queryStopWords(query: string, languages: readonly Language[]): ReadonlySet<string> {
  const words = query.toLowerCase().match(/[\p{L}\p{M}'’]+/gu) ?? [];
  let best: ReadonlySet<string> = new Set(); let most = 0;
  for (const language of languages) {
    const set = (stopWordsByLanguage as Record<string, ReadonlySet<string>>)[language];
    if (set === undefined) continue;
    const found = ["zh", "ja", "th"].includes(language) ? 0.5 : words.filter((word) => set.has(word)).length;
    if (found > most) { best = set; most = found; }
  }
  return best;
}
