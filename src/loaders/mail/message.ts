import type { Address, Email } from "postal-mime";
import type { Metadata } from "../../types.ts";
import { parseHtml } from "../html/dom.ts";
import { readableMarkdown } from "../html/readable.ts";
import { htmlToMarkdown } from "../html/to-markdown.ts";
import { attachmentName, readAttachments, type ReadAttachment } from "./attachments.ts";
import { damageOf } from "./damage.ts";
import { isoDate, oneLine, toMetadata } from "../metadata.ts";

/** A mail as the loaders need it. */
export interface Message {
  subject: string;
  /** Markdown where the mail is HTML alone. */
  text: string;
  isMarkdown: boolean;
  metadata: Metadata;
  /** Those that were read. */
  attachments: ReadAttachment[];
  /** What of the attachments was not. */
  warnings: string[];
  /** What shows that some of the mail is lost. */
  damage: string | null;
}

/** Parts inside parts that are read; mails forwarded as attachments count. */
const maxNesting = 50;

/**
 * Reads one mail (RFC 5322 with MIME): its plain text, or its HTML as Markdown; the names of the attachments stand at
 * the end, and those of a known format are read. Mails inside it are read like its text. `isPage`: it is a web page that a browser saved as a mail, whose menus
 * and footers are left out.
 */
export async function readMessage(bytes: Uint8Array, isPage = false): Promise<Message> {
  const { default: PostalMime } = await import("postal-mime");
  const mail = await PostalMime.parse(bytes, { maxNestingDepth: maxNesting, forceRfc822Attachments: false });
  const { text, isMarkdown } = await bodyOf(mail, isPage);
  const names = mail.attachments.map(attachmentName).filter((name) => name !== null);
  const { read, warnings } = await readAttachments(isPage ? [] : mail.attachments);
  const raw = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
  const parts = [text, names.length === 0 ? "" : `Attachments: ${names.join(", ")}`];
  return {
    subject: oneLine(mail.subject ?? ""),
    text: parts.filter((part) => part !== "").join("\n\n"),
    isMarkdown,
    attachments: read,
    warnings,
    damage: damageOf(raw, parts.join("")) ?? leftOut(mail),
    metadata: toMetadata({
      attachments: names,
      cc: addresses(mail.cc),
      created: isoDate(mail.date),
      from: addresses(mail.from === undefined ? [] : [mail.from])[0],
      messageId: mail.messageId,
      subject: mail.subject,
      to: addresses(mail.to),
    }),
  };
}

/** Unnamed parts of an unknown or damaged media type. */
function leftOut({ attachments }: Email): string | null {
  const kinds = attachments
    .filter((attachment) => attachment.related !== true && attachmentName(attachment) === null)
    .map(({ mimeType }) => oneLine(mimeType));
  return kinds.length === 0 ? null : `parts of the mail are left out: ${[...new Set(kinds)].join(", ")}`;
}

async function bodyOf(mail: Email, isPage: boolean): Promise<{ text: string; isMarkdown: boolean }> {
  const plain = (mail.text ?? "").replaceAll(/\r\n?/g, "\n").replaceAll("\0", " ").trim();
  if (plain !== "") return { text: plain.toWellFormed(), isMarkdown: false };
  const document = await parseHtml(mail.html ?? "");
  if (isPage) return { text: (await readableMarkdown(document)).text, isMarkdown: true };
  return { text: document.body === null ? "" : htmlToMarkdown(document.body), isMarkdown: true };
}

/** `Ada Lovelace <ada@example.com>`; the members of a group one by one. */
function addresses(list: readonly Address[] | undefined): string[] {
  return (list ?? []).flatMap((entry) =>
    entry.group === undefined
      ? [entry.name === "" ? entry.address : `${entry.name} <${entry.address}>`]
      : addresses(entry.group),
  );
}
