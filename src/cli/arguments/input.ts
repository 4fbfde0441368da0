import path from "node:path";
import { UserError, messageOf } from "../../errors.ts";
import { readRegularFile } from "../../files/read-regular-file.ts";
import type { CommandContext } from "../context.ts";

/** Most bytes of a question or a list of files on standard input: 64 MB. */
const maxStandardInput = 64_000_000;

/** The query or question as given, or standard input for `-`. Throws `UserError` `empty-query`. */
export async function readQuery(given: string, context: CommandContext): Promise<string> {
  const text = given === "-" ? (await readStandardInput(context)).toString("utf8") : given;
  const query = text.trim();
  if (query !== "") return query;
  throw new UserError("empty-query", "there is nothing to look for: the query is empty", {
    hint: 'give some words, e.g. "how is data stored", or - for standard input',
  });
}

/**
 * Paths from a file or, for `-`, from standard input: NUL-separated where a NUL occurs, else one a line. A list that begins
 * with a byte order mark is in the encoding that it stands for: PowerShell writes UTF-16.
 */
export async function readFileList(given: string, context: CommandContext): Promise<string[]> {
  const written = given === "-" ? await readStandardInput(context) : await readList(given, context);
  const text = isMarkedUtf16(written) ? await decodeUtf16(written) : written.toString("utf8").replace(/^\uFEFF/, "");
  const names = text.includes("\0") ? text.split("\0") : text.split(/\r?\n/);
  return names.filter((name) => name !== "");
}

function isMarkedUtf16([first, second]: Uint8Array): boolean {
  return (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
}

async function decodeUtf16(bytes: Uint8Array): Promise<string> {
  const { decodeText } = await import("../../files/decode-text.ts");
  return (await decodeText(bytes)).text;
}

async function readList(given: string, context: CommandContext): Promise<Buffer> {
  try {
    return await readRegularFile(path.resolve(context.workingDirectory, given), maxStandardInput);
  } catch (error) {
    throw new UserError("path-not-found", `cannot read the list of files ${given}: ${messageOf(error)}`, {
      hint: "check the path given to --files-from; what a pipe delivers is read from standard input: --files-from -",
      cause: error,
    });
  }
}

async function readStandardInput({ stdin, signal }: CommandContext): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  const stop = () => void stdin.destroy();
  signal.addEventListener("abort", stop, { once: true });
  try {
    for await (const chunk of stdin) {
      const bytes = Buffer.from(chunk as Uint8Array);
      size += bytes.length;
      if (size > maxStandardInput) throw new UserError("input-too-large", "standard input holds more than 64 MB");
      chunks.push(bytes);
    }
  } finally {
    signal.removeEventListener("abort", stop);
  }
  signal.throwIfAborted();
  return Buffer.concat(chunks);
}
