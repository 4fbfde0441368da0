/** What `--color` says: `true` is `auto`, `false` is `never` or `--no-color`. */
export type ColorChoice = boolean | "always";

/**
 * Whether a stream gets colours. The flag counts first, then `NO_COLOR` (https://no-color.org), then `FORCE_COLOR`
 * (https://force-color.org), which also colours a pipe; else a terminal gets them, unless it is a dumb one. A variable
 * counts when it is set to anything but nothing.
 */
export function wantsColor(
  stream: { isTTY?: boolean },
  choice: ColorChoice,
  variables: Readonly<Record<string, string | undefined>>,
): boolean {
  if (choice === "always") return true;
  if (!choice || variables["NO_COLOR"]) return false;
  const forced = variables["FORCE_COLOR"];
  if (forced !== undefined && forced !== "") return forced !== "0" && forced !== "false";
  return stream.isTTY === true && variables["TERM"] !== "dumb";
}
