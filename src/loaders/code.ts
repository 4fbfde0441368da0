import { decodeText } from "../files/decode-text.ts";
import { fileStem } from "../files/file-stem.ts";
import { lineDocument } from "./line-document.ts";
import type { Loader } from "./types.ts";

/** Source code and configuration: the file's own lines, cut between blank lines and never inside a line that fits. */
export const codeLoader: Loader = {
  name: "code",
  version: 1,
  async load({ source, bytes }) {
    const { text, warnings } = await decodeText(bytes);
    const title = source.split("/").at(-1) ?? fileStem(source);
    return { document: lineDocument({ source, format: "code", title }, text, "lines"), warnings };
  },
};
