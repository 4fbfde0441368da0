import { homedir } from "node:os";
import { CommanderError } from "commander";
import { ExitCode, UserError, messageOf } from "../errors.ts";
import { credentialsOf, secretValues } from "../secrets/secret-variables.ts";
import { suggestingWith } from "./arguments/suggested-commands.ts";
import type { CommandContext } from "./context.ts";
import { type Output, type OutputOptions, type Wrapping, createOutput, outputError } from "./render/output.ts";
import { endNow, endOnBugs, endOnSignals } from "./process-end.ts";
import { buildProgram } from "./program.ts";
import { readableStack } from "./readable-stack.ts";
import { silenceNode } from "./silence-node.ts";
import { toolVersion } from "./version.ts";

silenceNode(process.env["NODE_OPTIONS"]);
void run(process.argv.slice(2));

/** One run of the tool: everything that belongs to the process itself, and the exit code, which is set once. */
async function run(argv: readonly string[]): Promise<void> {
  const abort = new AbortController();
  // A line is broken at the width of a terminal alone: in a pipe and in a script, nothing of it is loaded.
  const isTerminal = process.stdout.isTTY || process.stderr.isTTY;
  const wrapping = isTerminal ? await import("./render/terminal/wrap.ts") : null;
  const page = process.stdout.isTTY ? (await import("./render/terminal/help.ts")).helpOnTerminal(process.stdout) : null;
  const outputWith = (options: OutputOptions) => maskedOutput(options, wrapping);
  let output = outputWith(optionsBeforeParsing(argv));
  let exitCode: ExitCode = ExitCode.done;
  let isOver = false;
  let isReported = false;

  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    abort.abort(outputError(error));
  });
  // The tool goes on when nobody reads its messages.
  process.stderr.on("error", () => {});
  endOnSignals(abort, (error) => {
    if (!isReported) void report(error, output);
  });
  endOnBugs(abort, (error) => {
    if (isOver) void report(error, output);
  });

  const program = buildProgram(
    toolVersion(),
    async (flags, load) => {
      output = suggestingWith(
        flags,
        outputWith({
          json: flags.json ?? false,
          quiet: flags.quiet ?? false,
          verbose: flags.verbose ?? false,
          color: flags.color,
          pager: flags.pager ?? true,
        }),
      );
      const command = await load();
      exitCode = await command(flags, contextWith(output, abort.signal));
    },
    page,
  );
  try {
    await program.parseAsync(argv, { from: "user" });
    abort.signal.throwIfAborted();
    output.settle();
  } catch (thrown) {
    if (thrown instanceof CommanderError && thrown.exitCode !== 0) {
      const { shortHelp } = await import("./render/terminal/help.ts");
      (page ?? process.stdout).write(shortHelp);
    }
    const error = reasonOf(thrown, abort.signal);
    if (error !== null && !isBrokenPipe(error)) {
      isReported = true;
      await report(error, output);
      exitCode = error instanceof UserError ? error.exitCode : ExitCode.internal;
    }
  }
  process.exitCode = exitCode;
  isOver = true;
  if (abort.signal.aborted) process.stdout.write("", () => endNow(exitCode));
}

/** What went wrong; `null` where nothing did. After an abort, all else that fails is its consequence. */
function reasonOf(thrown: unknown, signal: AbortSignal): unknown {
  // Help or the version is all that was to be printed.
  if (thrown instanceof CommanderError) return null;
  const saysSo = thrown instanceof UserError && thrown.code === "interrupted";
  return signal.aborted && !saysSo ? signal.reason : thrown;
}

/** The reader of the output has closed it, as in `rag search … | head -1`. */
function isBrokenPipe(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "EPIPE";
}

/** Even a message about wrong usage may repeat what was given: the environment's secrets are masked from the start. */
function maskedOutput(options: OutputOptions, wrapping: Wrapping | null): Output {
  const output = createOutput(process, options, process.env, wrapping);
  output.maskSecrets([...secretValues(process.env), ...credentialsOf(process.env["MILVUS_URI"] ?? "")]);
  return output;
}

/** What a message about wrong usage needs to know, as there are no parsed flags then. */
function optionsBeforeParsing(argv: readonly string[]): OutputOptions {
  const end = argv.indexOf("--");
  const flags = end === -1 ? argv : argv.slice(0, end);
  const json = flags.some(
    (flag, index) =>
      flag === "--json" || flag === "--format=json" || (flag === "--format" && flags[index + 1] === "json"),
  );
  const color = flags.findLast((flag, index) => /^--color=|^--no-color$/.test(flag) || flags[index - 1] === "--color");
  const isOff = color === "--no-color" || color?.endsWith("never") === true;
  const choice = isOff ? false : color?.endsWith("always") ? "always" : true;
  return { json, quiet: false, verbose: false, color: choice, pager: false };
}

function contextWith(output: Output, signal: AbortSignal): CommandContext {
  return {
    variables: process.env,
    workingDirectory: workingDirectory(),
    homeDirectory: homedir(),
    stdin: process.stdin,
    output,
    signal,
  };
}

/** Throws `UserError` `no-working-folder` where it was deleted under the shell. */
function workingDirectory(): string {
  try {
    return process.cwd();
  } catch (error) {
    throw new UserError("no-working-folder", "the working folder does not exist any more", {
      hint: "change into a folder that exists, and run the command again",
      cause: error,
    });
  }
}

/** A known failure says what happened and what to do; anything else is a bug and shows where it is. */
function report(error: unknown, output: Output): Promise<void> {
  if (error instanceof UserError) return output.error(error);
  if (output.options.json) {
    const hint =
      "this is a bug in rag; run the command again without --json, and please report it with what that prints";
    return output.error({ code: "internal", message: messageOf(error), hint });
  }
  const stack = error instanceof Error ? error.stack : undefined;
  return output.error({
    code: "internal",
    message: stack === undefined ? messageOf(error) : readableStack(stack),
    hint: "this is a bug in rag; please report it with the lines above",
  });
}
