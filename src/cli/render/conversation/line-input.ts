import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import { untilAborted } from "../../../util/until-aborted.ts";
import type { CommandContext } from "../../context.ts";
import { terminalText } from "../terminal-text.ts";

/** What a person, or a pipe, says next. */
export type Entry =
  | { type: "line"; text: string }
  /** Ctrl-C at the prompt; `isEmpty`: nothing was typed. */
  | { type: "interrupt"; isEmpty: boolean }
  /** Ctrl-D, or the end of the pipe. */
  | { type: "end" };

export interface LineInput {
  /** A person types; the others are never asked. */
  readonly isTerminal: boolean;
  /** What was typed, the latest line first. */
  readonly typed: readonly string[];
  /** The next entry, behind this prompt on a terminal. Rejects with the signal's reason once it is aborted. */
  next(prompt: string): Promise<Entry>;
  /** While the work runs, Ctrl-C calls `onInterrupt`, and what is typed is not shown before the next prompt. */
  during<Result>(onInterrupt: () => void, work: () => Promise<Result>): Promise<Result>;
  close(): void;
}

/**
 * Reads lines from standard input. On a terminal they can be edited, and the arrow keys bring back earlier ones; the prompt
 * goes to stderr, so that stdout has the answers alone.
 *
 * @param typed lines of earlier runs, the latest first
 */
export function openLineInput({ stdin, output, signal }: CommandContext, typed: readonly string[]): LineInput {
  const isTerminal = stdin.isTTY === true && output.messages.isTerminal;
  const screen = isTerminal ? createScreen() : null;
  const lines = createInterface({
    input: stdin,
    terminal: isTerminal,
    ...(screen === null ? {} : { output: screen.stream }),
    // A line that was pasted may hold what a terminal would act on.
    history: typed.map(terminalText),
    historySize: 500,
    removeHistoryDuplicates: true,
  });
  const entries: Entry[] = [];
  let latest = typed;
  let wake: () => void = () => {};
  let interrupt: (() => void) | null = null;
  const add = (entry: Entry) => {
    entries.push(entry);
    wake();
  };
  lines.on("line", (text) => add({ type: "line", text }));
  lines.on("history", (history) => (latest = history));
  lines.on("close", () => add({ type: "end" }));
  lines.on("SIGINT", () => {
    if (interrupt !== null) return interrupt();
    const isEmpty = lines.line === "";
    // Readline has no other way to empty the line; what it draws then would stand behind the prompt.
    lines.write(null, { ctrl: true, name: "e" });
    screen?.mute(true);
    lines.write(null, { ctrl: true, name: "u" });
    screen?.mute(false);
    screen?.stream.write("^C\n");
    add({ type: "interrupt", isEmpty });
  });

  return {
    isTerminal,
    get typed() {
      return latest;
    },
    async next(prompt) {
      signal.throwIfAborted();
      const [waiting] = entries;
      if (waiting?.type === "line") await output.messages.write(screen === null ? "" : `${prompt}${waiting.text}\n`);
      else if (screen !== null && waiting === undefined) {
        lines.setPrompt(prompt);
        lines.prompt(true);
      }
      if (waiting === undefined) await untilAborted(new Promise<void>((resolve) => (wake = resolve)), signal);
      const entry = entries[0] ?? { type: "end" };
      // The end stays the end, however often it is asked for.
      if (entry.type !== "end") entries.shift();
      return entry;
    },
    async during(onInterrupt, work) {
      interrupt = onInterrupt;
      screen?.mute(true);
      try {
        return await work();
      } finally {
        interrupt = null;
        screen?.mute(false);
      }
    },
    close() {
      lines.close();
      stdin.destroy();
    },
  };
}

/** Standard error as readline draws on it; muted, nothing is drawn. */
function createScreen(): { stream: Writable; mute(isMuted: boolean): void } {
  let isMuted = false;
  const stream = new Writable({
    decodeStrings: false,
    write: (chunk: string | Buffer, _, done) => {
      if (!isMuted) process.stderr.write(chunk);
      done();
    },
  });
  Object.defineProperty(stream, "columns", { get: () => process.stderr.columns });
  process.stderr.on("resize", () => stream.emit("resize"));
  return { stream, mute: (muted) => void (isMuted = muted) };
}
