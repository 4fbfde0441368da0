/**
 * C0 and C1 controls but tab and line feed, and the marks that reorder text on the screen: what a document could use
 * to move the cursor, change the title or make a line read as something else.
 */
const unsafe = /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/g;
/** The same, or what this tool tells a terminal itself: a colour, or the beginning or end of a link to a file. */
const unsafeOrOwn = new RegExp(
  `\\u001B\\[[0-9;]{0,20}m|\\u001B\\]8;;(?:file://[!-~]{1,8000})?\\u0007|${unsafe.source}`,
  "g",
);

const shown = "\u{FFFD}";

/** The text with every character that a terminal would act on shown as `�`; `\r\n` becomes `\n`. */
export function terminalText(text: string): string {
  return text.replaceAll("\r\n", "\n").replaceAll(unsafe, shown);
}

/** The gate before every stream that people read: like `terminalText`, but colours and links pass where they are wanted. */
export function streamText(text: string, keepsColors: boolean): string {
  if (!keepsColors) return terminalText(text);
  return text.replaceAll("\r\n", "\n").replaceAll(unsafeOrOwn, (found) => (found.length > 1 ? found : shown));
}

/** JSON in which these characters are escaped (`\u009b`): it leaves most of them as they are, and means the same so. */
export function escapeControls(json: string): string {
  return json.replaceAll(
    /[\u007F-\u009F\u061C\u200E\u200F\u2028-\u202E\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
