import type { Output } from "./output.ts";

/** Tells where a server listens, whatever `--quiet` says; `token`: one that was made for this run, and nobody else knows. */
export function showAddress(address: string, token: string | null, output: Output): void {
  const secret = token === null ? "" : `token: ${token}\n`;
  void output.messages.write(`listening on ${address}\n${secret}`).catch(() => {});
}
