import { decodeText } from "../files/decode-text.ts";
import { fileStem } from "../files/file-stem.ts";
import type { Loader } from "./types.ts";

/** Plain text, and any other text whose format is not known: taken as it is, the file's name for its title. */
export const textLoader: Loader = {
  name: "text",
  version: 2,
  async load({ source, bytes }) {
    const { text, warnings } = await decodeText(bytes);
    return {
      document: {
        source,
        format: "text",
        title: fileStem(source),
        metadata: {},
        places: "lines",
        markup: "plain",
        pages: [{ text }],
        bodyStart: 0,
      },
      warnings,
    };
  },
};
