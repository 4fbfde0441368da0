import { refusalMarker } from "./prompt.ts";

/** What models put around the marker. */
const decoration = /^[\s*_`"'“”.:,;()[\]–—-]+/;

/**
 * Recognises a refusal by its first word. Holds text back only while it can still be the beginning of the marker:
 * the first piece of any other answer passes at once.
 */
export function createOpening(): { read(text: string): string; end(): string; readonly refused: boolean } {
  let state: "open" | "answer" | "refusal" | "refusal-text" = "open";
  let held = "";
  return {
    get refused() {
      return state === "refusal" || state === "refusal-text";
    },
    read(text) {
      if (state === "answer" || state === "refusal-text") return text;
      held += text;
      const bare = held.replace(decoration, "");
      if (state === "open" && bare.startsWith(refusalMarker)) {
        state = "refusal";
        held = bare.slice(refusalMarker.length);
      } else if (state === "open") {
        if (refusalMarker.startsWith(bare)) return "";
        state = "answer";
        return held.trimStart();
      }
      const sentence = held.replace(decoration, "");
      if (sentence === "") return "";
      state = "refusal-text";
      return sentence;
    },
    end() {
      const rest = state === "open" ? held.trimStart() : "";
      held = "";
      return rest;
    },
  };
}
