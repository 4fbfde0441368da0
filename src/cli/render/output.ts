import { writeSync } from "node:fs";
import type { Writable } from "node:stream";
import { ExitCode, UserError, messageOf } from "../../errors.ts";
import picocolors from "picocolors";
import { createRedactor, createSecretMask } from "../../secrets/redact.ts";
import { escapeControls, streamText, terminalText } from "./terminal-text.ts";
import type { ErrorDocument } from "./documents.ts";
import { formatDuration } from "./format.ts";
import { type ColorChoice, wantsColor } from "./terminal/color.ts";
import type { createWrapper, wrapText } from "./terminal/wrap.ts";

export type Colors = ReturnType<typeof picocolors.createColors>;

/** A stream that a person or a program reads. */
export interface Channel {
  /** A person reads it. */
  readonly isTerminal: boolean;
  /** Columns in a line of a terminal; `null` where nothing is wrapped: a program reads it, or the terminal does not tell. */
  readonly columns: number | null;
  /** Lines of the screen; `null` like `columns`. */
  readonly rows: number | null;
  /** Do nothing where colour is not wanted. */
  readonly colors: Colors;
  /** Whether the terminal knows hyperlinks; `false` where nobody reads in one, or colour is not wanted. */
  supportsLinks(): Promise<boolean>;
  /** For people: what a terminal would act on is masked. Resolves when it is handed over; rejects where it cannot be written. */
  write(text: string): Promise<void>;
  /** Like `write`, and lines that are longer than the terminal's are broken between words. */
  writeProse(text: string): Promise<void>;
  /** For programs: as it is, unless the stream is a terminal. */
  writeData(text: string): Promise<void>;
}

/** A result that comes in pieces. Only what may be the beginning of a secret waits for the piece that follows. */
export interface TextInPieces {
  write(piece: string): Promise<void>;
  /** Writes what still waits. */
  end(): Promise<void>;
}

/** How much is said on stderr. */
export interface OutputOptions {
  json: boolean;
  quiet: boolean;
  verbose: boolean;
  color: ColorChoice;
  /** Shows results longer than the screen in the user's pager. */
  pager?: boolean;
}

/** The output of a command: results on stdout, everything else on stderr. Secrets are masked. */
export interface Output {
  readonly options: OutputOptions;
  readonly results: Channel;
  readonly messages: Channel;
  /** A result for people; in the user's pager where it is longer than the screen. */
  writeLong(text: string): Promise<void>;
  /** One JSON document, whose type has to be named: `writeJson<SearchDocument>(…)`. */
  writeJson<Document extends object = never>(value: NoInfer<Document>): Promise<void>;
  /** One text among the results, wrapped while it comes; a secret is masked in it though it comes cut in two. */
  openText(): TextInPieces;
  /** A message that is not needed to use the result; left out with `--quiet`. */
  notice(text: string): void;
  /** What the user should look at. */
  warn(text: string): void;
  /** Reports one failure while the command goes on with the rest. */
  failure(text: string): void;
  /** One line a stage, with `--verbose`. */
  stage(name: string, durationMs: number, detail?: string): void;
  /** The one line of JSON, or the lines for people, that a run ends with when it failed. */
  error(failure: { code: string; message: string; hint: string | null }): Promise<void>;
  /** A text without the known secrets, for a result that goes another way than stdout. */
  masked(text: string): string;
  /** Adds values that are masked from now on. */
  maskSecrets(secrets: readonly (string | null | undefined)[]): void;
  /** The command succeeded: prints the notices that were held back for `--json`. */
  settle(): void;
}

type Stream = Writable & { isTTY?: boolean; columns?: number; rows?: number };
/** What breaks lines at the width of a terminal. */
export interface Wrapping {
  wrapText: typeof wrapText;
  createWrapper: typeof createWrapper;
}
type Variables = Readonly<Record<string, string | undefined>>;

/**
 * With `--json`, an error on stderr is one document: notices wait until `settle`, and are dropped on failure.
 *
 * @param wrapping loaded by the caller, as only a terminal needs it; `null`: lines stay as long as they are
 */
export function createOutput(
  streams: { stdout: Stream; stderr: Stream },
  options: OutputOptions,
  variables: Variables,
  wrapping: Wrapping | null = null,
): Output {
  const secrets: (string | null | undefined)[] = [];
  const masks = { exact: createSecretMask(secrets), broad: createRedactor(secrets) };
  const colorsFor = (stream: Stream) => picocolors.createColors(wantsColor(stream, options.color, variables));
  // A passage may look like a secret: in results only known secrets are masked, in messages also what looks like one.
  const results = createChannel(streams.stdout, colorsFor(streams.stdout), wrapping, (text) => masks.exact(text));
  const messages = createChannel(streams.stderr, colorsFor(streams.stderr), wrapping, (text) => masks.broad(text));

  const held: string[] = [];
  const print = async (text: string) => {
    try {
      await (options.json ? messages.write(`${text}\n`) : messages.writeProse(`${text}\n`));
    } catch {
      // The command goes on where its messages cannot be written.
    }
  };
  const say = (text: string) => {
    if (options.json) held.push(text);
    else void print(text);
  };
  return {
    options,
    results,
    messages,
    writeLong: async (text) => {
      if (results.rows === null || !options.pager || text.split("\n").length <= results.rows)
        return results.write(text);
      const { pageText } = await import("../viewer/show.ts");
      const shown = streamText(masks.exact(text), results.colors.isColorSupported);
      if (!(await pageText(shown, variables))) await results.write(text);
    },
    writeJson: (value) => results.write(`${escapeControls(JSON.stringify(value))}\n`),
    openText: () => {
      let waiting = "";
      const { columns } = results;
      const wrapper = columns === null ? null : (wrapping?.createWrapper(columns, { keepsCode: true }) ?? null);
      const writeUpTo = async (length: number, isEnd = false) => {
        // Masked before it is wrapped: a secret that is broken into lines would not be found.
        const text = masks.exact(waiting.slice(0, length));
        waiting = waiting.slice(length);
        const wrapped = wrapper === null ? text : wrapper.push(text) + (isEnd ? wrapper.end() : "");
        if (wrapped !== "") await results.write(wrapped);
      };
      return {
        write(piece) {
          waiting += piece;
          return writeUpTo(masks.exact.settled(waiting));
        },
        end: () => writeUpTo(waiting.length, true),
      };
    },
    notice: (text) => {
      if (!options.quiet) say(`${messages.colors.dim("note:")} ${terminalText(text)}`);
    },
    warn: (text) => say(`${messages.colors.yellow("warning:")} ${terminalText(text)}`),
    failure: (text) => say(`${messages.colors.red("failed:")} ${terminalText(text)}`),
    stage: (name, durationMs, detail = "") => {
      const remark = detail === "" ? "" : ` (${detail})`;
      if (options.verbose) say(messages.colors.dim(`${name}: ${formatDuration(durationMs)}${terminalText(remark)}`));
    },
    error: ({ code, message, hint }) => {
      if (options.json) {
        return print(escapeControls(JSON.stringify({ error: { code, message, hint } } satisfies ErrorDocument)));
      }
      const { cyan, red } = messages.colors;
      const advice = hint === null ? "" : `\n${cyan("hint:")} ${terminalText(hint)}`;
      return print(`${red("error:")} ${terminalText(message)}${advice}`);
    },
    masked: (text) => masks.exact(text),
    maskSecrets: (values) => {
      secrets.push(...values);
      masks.exact = createSecretMask(secrets);
      masks.broad = createRedactor(secrets);
    },
    settle: () => {
      for (const text of held.splice(0)) void print(text);
    },
  };
}

function createChannel(
  stream: Stream,
  colors: Colors,
  wrapping: Wrapping | null,
  mask: (text: string) => string,
): Channel {
  const isTerminal = stream.isTTY === true;
  const hand = (text: string): Promise<void> =>
    new Promise((resolve, reject) => {
      stream.write(text, (error) => (error ? reject(outputError(error)) : resolve()));
    });
  const safe = (text: string): string => streamText(mask(text), colors.isColorSupported);
  const write = (text: string): Promise<void> => hand(safe(text));
  // A terminal without a size, as in some CI jobs, reports 0 columns.
  const size = (length: number | undefined) => (isTerminal && length ? length : null);
  return {
    isTerminal,
    get columns() {
      return size(stream.columns);
    },
    get rows() {
      return size(stream.rows);
    },
    colors,
    supportsLinks: async () => {
      if (!isTerminal || !colors.isColorSupported) return false;
      const { createSupportsHyperlinks } = await import("supports-hyperlinks");
      return createSupportsHyperlinks({ isTTY: true });
    },
    write,
    writeProse: (text) => hand(wrapping?.wrapText(safe(text), size(stream.columns)) ?? safe(text)),
    writeData: (text) => (isTerminal ? write(text) : hand(mask(text))),
  };
}

/** The error of a result that could not be written. `EPIPE` is given back as it is: the reader had enough. */
export function outputError(error: NodeJS.ErrnoException): Error {
  if (error.code === "EPIPE") return error;
  return new UserError("output-failed", `cannot write the result: ${messageOf(error)}`, {
    hint: "look whether the disk is full",
    exitCode: ExitCode.backend,
    cause: error,
  });
}

const showSequence = "\u001B[?25h";

/** Shows the cursor, which a progress line has hidden, before the process ends at once. */
export function showCursor(): void {
  if (!process.stderr.isTTY) return;
  try {
    writeSync(process.stderr.fd, showSequence);
  } catch {
    // The terminal is gone.
  }
}
