import type { Output } from "./output.ts";

/** Tells where a server listens, even with `--quiet`. `token`: was made for this run and is shown only here. */
export function showAddress(address: string, token: string | null, output: Output): void {
  const secret = token === null ? "" : `token: ${token}\n`;
  void output.messages.write(`listening on ${address}\n${secret}`).catch(() => {});
}
