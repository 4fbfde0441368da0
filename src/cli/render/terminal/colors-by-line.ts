import { escapeSequence } from "./word-parts.ts";

/**
 * Ends and repeats the colours of a text at each line break: a pager shows each line by itself, without earlier
 * colours.
 */
export function closeColorsByLine(text: string): string {
  let open: string[] = [];
  return text
    .split("\n")
    .map((line) => {
      const before = open.join("");
      for (const code of line.split(escapeSequence)) {
        const [, number] = /^.\[([0-9;]*)m$/.exec(code) ?? [];
        if (number === undefined) continue;
        if (/^(?:0|2[2-9]|39|49)?$/.test(number))
          open = number === "22" || number === "39" ? without(open, number) : [];
        else open = [...open, code];
      }
      return `${before}${line}${open.length > 0 ? "\u001B[0m" : ""}`;
    })
    .join("\n");
}

/** `22` ends bold and dim, `39` a colour of the letters. */
function without(open: readonly string[], end: string): string[] {
  const ended = end === "22" ? /\[[12]m/ : /\[(?:3|9)\dm/;
  return open.filter((code) => !ended.test(code));
}
