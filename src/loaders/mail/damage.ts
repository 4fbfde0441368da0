/** Characters of a mail in which its head is searched. */
const maxHeadChars = 1 << 16;

const boundaryIn = /^content-type:\s*multipart\/(?:[^\n]|\n[ \t])*?\bboundary\s*=\s*(?:"([^"\n]+)"|([^\s";]+))/im;
/** A field, the next line of one, or the line that mailboxes put above a mail. */
const headLine = /^(?:[!-9;-~]+[ \t]*:|[ \t]|>*From )/;
const declaresBase64 = /^content-transfer-encoding:\s*base64\b/gim;
const notBase64 = /[^A-Za-z0-9+/]/;
/** Lines as encoders write them; keys and signatures have them too, below a line that says so. */
const encodedLines = /^(?:[A-Za-z0-9+/]{60,}\r?\n){2}/m;

/**
 * What shows that a part of a mail is missing or cannot be decoded, as a sentence; `null` where nothing does. Readers of
 * mail take what they find and say nothing. `raw`: the mail, one character a byte; `text`: what was read of it.
 */
export function damageOf(raw: string, text: string): string | null {
  const head = raw.slice(0, Math.min(blankLine(raw, 0) ?? raw.length, maxHeadChars));
  if (head.split(/\r?\n/).some((line) => line !== "" && !headLine.test(line))) return "the head of the mail is damaged";
  const [, quoted, bare] = boundaryIn.exec(head) ?? [];
  const boundary = quoted ?? bare;
  if (boundary !== undefined && !raw.includes(`\n--${boundary}`)) return "the mail is damaged: its parts are not found";
  if (boundary !== undefined && !raw.includes(`\n--${boundary}--`))
    return "the mail is cut off: its last part has no end";
  for (const { index } of raw.matchAll(declaresBase64)) {
    const start = blankLine(raw, index);
    if (start === null) return "the mail is cut off: a part has no content";
    const end = raw.indexOf("\n--", start);
    const encoded = raw.slice(start, end === -1 ? raw.length : end).replaceAll(/[ \t\r\n]+/g, "");
    if (notBase64.test(encoded.replace(/={1,2}$/, "")) || encoded.length % 4 !== 0)
      return "the mail is damaged: a part in base64 is not whole";
  }
  if (text === "" && raw.slice(blankLine(raw, 0) ?? 0).trim() !== "") return "no text was found in the mail";
  if (encodedLines.test(text) && !text.includes("-----BEGIN ")) {
    return "the mail has encoded text that could not be decoded";
  }
  return null;
}

/** Where the first blank line behind a place ends a head; `null` where there is none. */
function blankLine(raw: string, from: number): number | null {
  const found = [raw.indexOf("\n\n", from), raw.indexOf("\n\r\n", from)].filter((at) => at !== -1);
  return found.length === 0 ? null : Math.min(...found);
}
