import stringWidth from "fast-string-width";

/** How a run of characters looks. */
interface Look {
  color: string;
  isBold: boolean;
  isDim: boolean;
}

const foreground = "#d6dbe4";
const plain: Look = { color: foreground, isBold: false, isDim: false };
/** By the number of the control sequence that chooses it. */
const colors: Record<number, string> = {
  31: "#f07178",
  32: "#a5d67d",
  33: "#f2c46d",
  34: "#7fb2ff",
  35: "#d6a1ee",
  36: "#70d4d8",
  90: "#8089a0",
};

/** Pixels. */
const character = { width: 8, height: 20, size: 13 };
const margin = 18;
const titleBar = 30;

/**
 * A terminal with these lines as an SVG. Colours, bold and dim are those of the lines' control sequences (SGR); every other
 * sequence is left out. Each run of characters has the width that it has on a terminal, whatever font draws it.
 */
export function terminalPicture(lines: readonly string[], columns: number, title: string): string {
  const width = columns * character.width + 2 * margin;
  const height = titleBar + lines.length * character.height + 2 * margin;
  const dots = ["#f07178", "#f2c46d", "#a5d67d"].map(
    (color, index) => `<circle cx="${margin + 4 + index * 18}" cy="${titleBar / 2 + 4}" r="5.5" fill="${color}"/>`,
  );
  const texts = lines.flatMap((line, row) => textsOf(line, titleBar + margin + (row + 0.75) * character.height));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
    `<title>${escaped(title)}</title>`,
    `<style>text{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:${character.size}px;white-space:pre}</style>`,
    `<rect width="${width}" height="${height}" rx="9" fill="#1d2230"/>`,
    ...dots,
    ...texts,
    "</svg>",
    "",
  ].join("\n");
}

function textsOf(line: string, y: number): string[] {
  const texts: string[] = [];
  let column = 0;
  for (const { text, look } of runsOf(line)) {
    const columns = stringWidth(text);
    const x = margin + column * character.width;
    column += columns;
    if (text.trim() === "") continue;
    const style = [
      `fill="${look.color}"`,
      ...(look.isBold ? ['font-weight="bold"'] : []),
      ...(look.isDim ? ['opacity="0.65"'] : []),
    ].join(" ");
    const place = `x="${x}" y="${y}" textLength="${columns * character.width}" lengthAdjust="spacingAndGlyphs"`;
    texts.push(`<text ${place} ${style}>${escaped(text)}</text>`);
  }
  return texts;
}

// oxlint-disable-next-line no-control-regex -- these are what a terminal is told with
const sequence = /\u001b(?:\[([\d;]*)([A-Za-z])|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[()].)/g;

function runsOf(line: string): { text: string; look: Look }[] {
  const runs: { text: string; look: Look }[] = [];
  let look = plain;
  let at = 0;
  for (const found of line.matchAll(sequence)) {
    runs.push({ text: line.slice(at, found.index), look });
    at = found.index + found[0].length;
    if (found[2] === "m") look = (found[1] ?? "").split(";").map(Number).reduce(changed, look);
  }
  return [...runs, { text: line.slice(at), look }].filter(({ text }) => text !== "");
}

function changed(look: Look, code: number): Look {
  if (code === 0) return plain;
  if (code === 1) return { ...look, isBold: true };
  if (code === 2) return { ...look, isDim: true };
  if (code === 22) return { ...look, isBold: false, isDim: false };
  if (code === 39) return { ...look, color: foreground };
  return { ...look, color: colors[code] ?? look.color };
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
