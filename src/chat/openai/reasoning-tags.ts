import { partialTail } from "../../secrets/partial-tail.ts";

/** A piece of a model's output: part of the answer, or of the thinking before it. */
export interface OutputPart {
  type: "text" | "reasoning";
  text: string;
}

const opening = /^<(think|thinking|thought|reasoning)>/;
/** Of an answer whose opening tag was part of the prompt, as some servers' chat templates have it. */
const unopened = /^[\s\S]*?<\/(think|thinking|thought|reasoning)>(?=\s*\n)/;
const openings = ["<think>", "<thinking>", "<thought>", "<reasoning>"];

/**
 * Separates the thinking that a model puts in `<think>…</think>` before its answer, however the tags are cut into
 * pieces. Only characters that may be part of a tag are held back; tags later in the answer are text.
 */
export class ReasoningSplitter {
  #state: "start" | "reasoning" | "after" | "answer" = "start";
  #held = "";
  #closing = "";

  read(piece: string): OutputPart[] {
    const parts: OutputPart[] = [];
    let rest = this.#held + piece;
    this.#held = "";
    if (this.#state === "start") {
      const trimmed = rest.trimStart();
      const tag = opening.exec(trimmed);
      if (tag === null) {
        if (openings.some((one) => one.startsWith(trimmed))) {
          this.#held = rest;
          return parts;
        }
        this.#state = "answer";
        // Known only where the answer comes in one piece: of a stream, the thinking has been passed on by then.
        const thinking = unopened.exec(rest);
        if (thinking !== null) {
          this.#state = "after";
          parts.push({ type: "reasoning", text: thinking[0].slice(0, thinking[0].lastIndexOf("<")) });
          rest = rest.slice(thinking[0].length);
        }
      } else {
        this.#state = "reasoning";
        this.#closing = `</${tag[1]}>`;
        rest = trimmed.slice(tag[0].length);
      }
    }
    if (this.#state === "reasoning") {
      const end = rest.indexOf(this.#closing);
      const kept = end === -1 ? rest.length - partialTail(rest, this.#closing) : end;
      if (kept > 0) parts.push({ type: "reasoning", text: rest.slice(0, kept) });
      if (end === -1) {
        this.#held = rest.slice(kept);
        return parts;
      }
      this.#state = "after";
      rest = rest.slice(end + this.#closing.length);
    }
    if (this.#state === "after") {
      rest = rest.trimStart();
      if (rest !== "") this.#state = "answer";
    }
    if (rest !== "") parts.push({ type: "text", text: rest });
    return parts;
  }

  /** What was held back when the output ended. */
  end(): OutputPart[] {
    const text = this.#held;
    this.#held = "";
    return text === "" ? [] : [{ type: this.#state === "reasoning" ? "reasoning" : "text", text }];
  }
}
