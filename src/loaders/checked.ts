import { strayControls } from "../files/decode-text.ts";
import type { Loader, LoadResult } from "./types.ts";

/** Characters that are looked at together: a damaged stretch counts, however long the text around it is. */
const windowChars = 200;

/** Share of a stretch above which its damage is told: a stray sign is in many files. */
const maxShare = 0.01;

const unreadable = new RegExp(`${strayControls.source}|\uFFFD`, "g");

/** The same loader, which also warns of text that is damaged: control characters, and those that stand for lost ones. */
export function checked(loader: Loader): Loader {
  return {
    ...loader,
    async load(input) {
      const result = await loader.load(input);
      const damaged = damagedStretches(result);
      // A loader that knows of it says it better.
      if (damaged === 0 || result.warnings.some((warning) => /\uFFFD|characters/.test(warning))) return result;
      const places = damaged === 1 ? "1 place" : `${damaged} places`;
      const warning = `the text is damaged in ${places}: it has control characters, or \uFFFD in place of lost ones`;
      return { ...result, warnings: [...result.warnings, warning] };
    },
  };
}

function damagedStretches({ document }: LoadResult): number {
  let damaged = 0;
  for (const { text } of document.pages) {
    // Most texts have none at all.
    if (text.search(unreadable) === -1) continue;
    for (let start = 0; start < text.length; start += windowChars) {
      const stretch = text.slice(start, start + windowChars);
      const found = stretch.match(unreadable)?.length ?? 0;
      if (found > 1 && found > stretch.length * maxShare) damaged += 1;
    }
  }
  return damaged;
}
