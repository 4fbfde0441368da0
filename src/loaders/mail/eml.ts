import { messageOf, UserError } from "../../errors.ts";
import { fileStem } from "../../files/file-stem.ts";
import { describeBinary } from "../../files/sniff.ts";
import { looksLikeText } from "../../files/decode-text.ts";
import type { Loader } from "../types.ts";
import { attachmentText } from "./attachments.ts";
import { readMessage } from "./message.ts";

/**
 * A mail, and a page that a browser saved as one (MHTML): its text, the names of its attachments; sender, recipients,
 * subject and date are metadata. Attachments of a known format follow it,
 * each a page.
 * Throws `UserError` `unreadable-mail`.
 */
export const emlLoader: Loader = {
  name: "eml",
  version: 2,
  async load({ source, bytes }) {
    if (!looksLikeText(bytes)) throw unreadable(`it looks like ${describeBinary(bytes)}`);
    const message = await readMessage(bytes, /\.mht(?:ml)?$/i.test(source)).catch((error: unknown) => {
      throw error instanceof UserError ? error : unreadable(messageOf(error), error);
    });
    return {
      document: {
        source,
        format: "eml",
        title: message.subject || fileStem(source),
        metadata: message.metadata,
        places: "none",
        markup: message.isMarkdown ? "markdown" : "plain",
        pages: [message.text, ...message.attachments.map((attachment) => attachmentText(attachment))].map((text) => ({
          text,
        })),
        bodyStart: 0,
      },
      warnings: [...(message.damage === null ? [] : [message.damage]), ...message.warnings],
    };
  },
};

function unreadable(reason: string, cause?: unknown): UserError {
  return new UserError("unreadable-mail", `the mail cannot be read: ${reason}`, {
    hint: "export it again from the mail program",
    cause,
  });
}
