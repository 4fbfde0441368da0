/**
 * C0 and C1 controls but tab and line feed, and the marks that reorder text on the screen: what a document could use
 * to move the cursor, change the title or make a line read as something else.
 */
// oxlint-disable-next-line no-control-regex
const unsafe = /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u200E\u200F\u202A-\u202E\u2066-\u2069]/g;

/** The text with every character that a terminal would act on shown as `�`; `\r\n` becomes `\n`. */
export function terminalText(text: string): string {
  return text.replaceAll("\r\n", "\n").replaceAll(unsafe, "\u{FFFD}");
}
