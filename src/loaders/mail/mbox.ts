import { messageOf } from "../../errors.ts";
import { fileStem } from "../../files/file-stem.ts";
import type { Page } from "../../types.ts";
import type { Loader } from "../types.ts";
import { attachmentText } from "./attachments.ts";
import { readMessage } from "./message.ts";

/** The line above every mail in a mailbox (RFC 4155): `From ada@example.com Thu May  2 10:00:00 2024`. */
const separator = /^From .*\b(?:\d{2}:\d{2}|\d{4})\b.*\r?$/gm;

/**
 * A mailbox file: its mails one after another, each with its subject, sender and date above its text,
 * and its attachments of a known format after it. One that cannot be
 * read is left out, which is a warning.
 */
export const mboxLoader: Loader = {
  name: "mbox",
  version: 2,
  async load({ source, bytes }) {
    // One character a byte: every mail has its own encoding.
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
    const starts = Array.from(text.matchAll(separator), (match) => match.index + match[0].length + 1);
    const warnings: string[] = [];
    if (starts.length === 0 && bytes.length > 0) warnings.push("the file has no mail in the format of a mailbox");
    const before = text.slice(0, Math.max(0, text.search(separator)));
    if (before.trim() !== "") warnings.push("the file has text above its first mail, which is left out");
    const pages: Page[] = [];
    const problems: string[] = [];
    const damages: string[] = [];
    const unread: string[] = [];
    for (const [index, start] of starts.entries()) {
      const next = starts[index + 1] ?? text.length + 1;
      const end = index + 1 < starts.length ? text.lastIndexOf("\nFrom ", next - 2) : text.length;
      // A line of the mail that begins like the separator is quoted.
      const mail = text.slice(start, end).replaceAll(/^>(>*From )/gm, "$1");
      try {
        const message = await readMessage(Buffer.from(mail, "latin1"));
        const { subject, text: body, metadata, damage } = message;
        const about = [metadata["from"], metadata["created"]].filter((part) => part !== undefined).join(", ");
        if (damage !== null) damages.push(damage);
        pages.push({ text: [subject, about, body].filter((part) => part !== "").join("\n\n") });
        pages.push(...message.attachments.map((attachment) => ({ text: attachmentText(attachment, subject) })));
        unread.push(...message.warnings);
      } catch (error) {
        problems.push(messageOf(error));
      }
    }
    if (problems.length > 0) {
      warnings.push(`${problems.length} of ${starts.length} mails cannot be read (${problems[0]})`);
    }
    if (damages.length > 0) warnings.push(`${damages.length} of ${starts.length} mails lack text: ${damages[0]}`);
    if (unread.length > 0) {
      const others = unread.length === 1 ? "" : ` (and ${unread.length - 1} more like it)`;
      warnings.push(`${unread[0]}${others}`);
    }
    return {
      document: {
        source,
        format: "mbox",
        title: fileStem(source),
        metadata: {},
        places: "none",
        markup: "plain",
        pages,
        bodyStart: 0,
      },
      warnings,
    };
  },
};
