/**
 * Node's warnings about its own interfaces are of no use to people, and break up the one document that `--json` promises
 * on stderr. Whoever looks for their cause asks with `NODE_OPTIONS=--trace-warnings`. Each thread has its own.
 */
export function silenceNode(nodeOptions = ""): void {
  if (!/--trace-(?:warnings|deprecation)/.test(nodeOptions)) process.removeAllListeners("warning");
}
