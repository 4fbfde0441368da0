import type { Attachment } from "postal-mime";
import { messageOf } from "../../errors.ts";
import { fileStem } from "../../files/file-stem.ts";
import { startsAsPdf } from "../../files/sniff.ts";
import { oneLine } from "../metadata.ts";

/** What is attached to a mail and was read. */
export interface ReadAttachment {
  name: string;
  text: string;
}

/**
 * Reads the attachments of a mail whose format has a loader, mails among them, in their order. One that cannot be read
 * costs its own text alone, which is a warning.
 */
export async function readAttachments(
  attachments: readonly Attachment[],
): Promise<{ read: ReadAttachment[]; warnings: string[] }> {
  const read: ReadAttachment[] = [];
  const warnings: string[] = [];
  if (attachments.length === 0) return { read, warnings };
  // The table of the formats leads back to mails.
  const { isSupported, loaderFor } = await import("../loader-for-file.ts");
  for (const attachment of attachments) {
    const name = attachmentName(attachment);
    const bytes = bytesOf(attachment);
    // Signatures and keys are text for programs.
    if (name === null || /^application\/(?:pgp|pkcs7|x-pkcs7)/i.test(attachment.mimeType)) continue;
    if (!isSupported(name) && !startsAsPdf(bytes)) continue;
    try {
      const { document, warnings: about } = await (await loaderFor(name, bytes)).load({ source: name, bytes });
      const texts = document.pages.map(({ text }, index) => text.slice(index === 0 ? document.bodyStart : 0).trim());
      // The subject of a mail and the title of a page may stand nowhere else.
      if (document.title !== fileStem(name) && !texts.some((text) => text.includes(document.title))) {
        texts.unshift(document.title);
      }
      read.push({ name, text: texts.filter((text) => text !== "").join("\n\n") });
      warnings.push(...about.map((warning) => `attachment ${name}: ${warning}`));
    } catch (error) {
      warnings.push(`attachment ${name} is not read: ${messageOf(error)}`);
    }
  }
  return { read: read.filter(({ text }) => text !== ""), warnings };
}

/** An attachment as a page of its mail. `subject`: that of the mail, where others stand beside it. */
export function attachmentText({ name, text }: ReadAttachment, subject = ""): string {
  return `Attachment: ${name}${subject === "" ? "" : ` (${subject})`}\n\n${text}`;
}

/** How an attachment is called; a mail that is forwarded often has no name. `null`: part of the text, or without a name. */
export function attachmentName({ filename, mimeType, related }: Attachment): string | null {
  if (related === true) return null;
  if (filename !== null) return oneLine(filename);
  return mimeType === "message/rfc822" ? "forwarded.eml" : null;
}

function bytesOf({ content }: Attachment): Uint8Array {
  return typeof content === "string" ? Buffer.from(content) : new Uint8Array(content as ArrayBuffer);
}
