import { once } from "node:events";
import { Writable } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";
import { callbackify } from "node:util";
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import { createServer, type ServerOptions } from "./server.ts";

/** Serves one client on standard input and output, until its input ends or the process is told to stop. */
export async function serveStdio(options: ServerOptions): Promise<void> {
  const { context, session } = options;
  const { output, signal, stdin } = context;
  // What leaves here passes the gate that every result passes: known secrets are masked.
  const stdout = new Writable({
    decodeStrings: false,
    write: (chunk: string | Buffer, _, done) => {
      callbackify(() => output.results.writeData(String(chunk)))(done);
    },
  });
  stdout.on("error", () => {});
  const server = createServer(options);
  const ended = Promise.race([once(stdin, "end"), once(stdin, "close"), aborted(signal)]);
  await server.connect(new StdioServerTransport(stdin, stdout));
  await ended.catch(() => {});
  if (!signal.aborted) {
    // What was asked before the input ended is answered.
    await nextTurn();
    await session.idle();
    await nextTurn();
  }
  await server.close();
  stdin.destroy();
}

/** Resolves as soon as the signal is aborted. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
