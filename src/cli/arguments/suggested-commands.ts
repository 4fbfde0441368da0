import type { Output } from "../render/output.ts";
import type { CommonFlags } from "./flags.ts";

/** An output whose messages suggest commands `withGivenFlags`. */
export function suggestingWith(given: GivenFlags, output: Output): Output {
  const suggesting = (text: string): string => withGivenFlags(text, given);
  return {
    ...output,
    notice: (text) => output.notice(suggesting(text)),
    warn: (text) => output.warn(suggesting(text)),
    failure: (text) => output.failure(suggesting(text)),
    error: ({ code, message, hint }) => output.error({ code, message, hint: hint === null ? null : suggesting(hint) }),
  };
}

type GivenFlags = Pick<CommonFlags, "collection" | "config" | "uri">;

/** `rag search` and the like in a message, up to where its arguments begin. */
const command =
  /\brag (?:ingest|search|ask|eval|get|open|chat|doctor|collections (?:list|show|sources|drop|copy))(?=[\s,;).]|$)/g;
/** What a suggested command says itself, up to the words of the sentence that follow. */
const ownArguments = /^[^,;]*/;

/**
 * A message with the flags of this run added to the commands that it suggests, so that they do what is meant when they
 * are pasted: without `--uri`, `rag search` would look into another store. What a command says itself is left as it is.
 */
export function withGivenFlags(message: string, given: GivenFlags): string {
  return message.replace(command, (name: string, offset: number) => {
    const rest = ownArguments.exec(message.slice(offset + name.length))?.[0] ?? "";
    return [name, ...flagsFor(name, rest, given)].join(" ");
  });
}

function flagsFor(name: string, rest: string, { collection, config, uri }: GivenFlags) {
  const namesOne = /^rag collections (?!list)/.test(name) && /^ [\w"']/.test(rest);
  const isOne = collection !== undefined && !/[,*?[{]/.test(collection);
  const needsOne = !namesOne && name !== "rag collections list" && !/ (?:-c|--collection) /.test(rest);
  return [
    ...(isOne && needsOne ? ["-c", shellWord(collection)] : []),
    ...(uri !== undefined && !/ --uri /.test(rest) ? ["--uri", shellWord(uri)] : []),
    ...(config !== undefined && !/ --config /.test(rest) ? ["--config", shellWord(config)] : []),
  ];
}

/** A text as a POSIX shell takes it for one word, or as both shells of Windows do: file names hold no `"` there. */
export function shellWord(text: string, platform: string = process.platform): string {
  if (platform === "win32") return /^[\w@+=:./\\-]+$/.test(text) ? text : `"${text}"`;
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
