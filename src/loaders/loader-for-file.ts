import { isUtf8 } from "node:buffer";
import { posix } from "node:path";
import { UserError } from "../errors.ts";
import { decodeTextAs, looksLikeText } from "../files/decode-text.ts";
import { describeBinary, startsAsPdf } from "../files/sniff.ts";
import { checked } from "./checked.ts";
import { type Format, loaders } from "./index.ts";
import type { Loader, LoadingOptions } from "./types.ts";

const formatByExtension = new Map<string, Format>(
  Object.values<Format>(loaders).flatMap((format) =>
    format.extensions.map((extension) => [extension, format] as const),
  ),
);

/** Lock files of package managers: thousands of lines that no person wrote. */
const lockFiles = new Set(["composer.lock", "npm-shrinkwrap.json", "package-lock.json"]);

/**
 * Whether a file of this name is taken from folders and globs: a document or a table whose format has a loader. Programs
 * and settings are taken where a pattern of the user asks for their extension (`isAskedFor`).
 */
export function isSupported(path: string, isAskedFor = false): boolean {
  const format = formatByExtension.get(extensionOf(path));
  if (format === undefined) return false;
  return isAskedFor || (format.onRequest !== true && !lockFiles.has(posix.basename(path.replaceAll("\\", "/"))));
}

/** Larger files take a while in the best case. */
const maxQuickBytes = 128 * 1024;

/** Whether a file is loaded in some milliseconds, whatever is in it. To guess an encoding takes up to seconds. */
export function isQuick(path: string, bytes: Uint8Array): boolean {
  if (bytes.length > maxQuickBytes || formatByExtension.get(extensionOf(path))?.isQuick !== true) return false;
  return isUtf8(bytes);
}

/** Whether the loader of a file starts threads of its own. */
export function startsThreads(path: string, bytes: Uint8Array): boolean {
  const format: Format | undefined = formatByExtension.get(extensionOf(path));
  return format === undefined ? startsAsPdf(bytes) : format.startsThreads === true;
}

/**
 * The loader for a file: by its extension, else by its first bytes; any other text is loaded as plain text, with a warning.
 *
 * Throws `UserError` `unsupported-format` for other binary data. A file that is not what its extension says is for
 * its loader to refuse.
 */
export async function loaderFor(source: string, bytes: Uint8Array, options: LoadingOptions = {}): Promise<Loader> {
  const format = formatByExtension.get(extensionOf(source));
  if (format !== undefined) return configured(format, options);
  if (startsAsPdf(bytes)) return configured(loaders.pdf, options);
  if (looksLikeText(bytes)) return asUnknownText(await configured(loaders.text, options), source);
  const known = [...formatByExtension]
    .filter(([, { onRequest }]) => onRequest !== true)
    .map(([extension]) => extension);
  throw new UserError(
    "unsupported-format",
    `the file is neither text nor a known format: it looks like ${describeBinary(bytes)}`,
    {
      hint: `known formats: ${known.join(" ")} and any other text`,
    },
  );
}

/** A format's loader, as the user's options want it. */
async function configured(format: Format, { encoding, pdfPassword }: LoadingOptions): Promise<Loader> {
  const loader = checked(await format.open());
  if (format.isText !== true || encoding === undefined) {
    return { ...loader, load: (input) => loader.load({ ...input, password: pdfPassword }) };
  }
  return {
    ...loader,
    variant: `encoding ${encoding}`,
    async load({ source, bytes }) {
      const decoded = await decodeTextAs(bytes, encoding);
      const { document, warnings } = await loader.load({ source, bytes: Buffer.from(decoded.text) });
      return { document, warnings: [...decoded.warnings, ...warnings] };
    },
  };
}

function asUnknownText(loader: Loader, source: string): Loader {
  const extension = extensionOf(source);
  const format = extension === "" ? "a file without an extension" : `the format ${extension}`;
  return {
    ...loader,
    async load(input) {
      const { document, warnings } = await loader.load(input);
      return { document, warnings: [`no loader reads ${format}: it was taken as plain text`, ...warnings] };
    },
  };
}

function extensionOf(path: string): string {
  return posix.extname(path.replaceAll("\\", "/")).toLowerCase();
}
