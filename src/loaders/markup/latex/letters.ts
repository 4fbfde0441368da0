/** The combining character of each accent that is a sign, such as `\"`. */
const signAccents: Readonly<Record<string, string>> = {
  "`": "\u0300",
  "'": "\u0301",
  "^": "\u0302",
  "~": "\u0303",
  "=": "\u0304",
  ".": "\u0307",
  '"': "\u0308",
};

/** The combining character of each accent that is a letter, such as `\c`. */
const letterAccents: Readonly<Record<string, string>> = {
  u: "\u0306",
  r: "\u030A",
  H: "\u030B",
  v: "\u030C",
  d: "\u0323",
  c: "\u0327",
  k: "\u0328",
  b: "\u0331",
};

const names: Readonly<Record<string, string>> = {
  aa: "å",
  AA: "Å",
  ae: "æ",
  AE: "Æ",
  dh: "ð",
  DH: "Ð",
  dots: "…",
  i: "ı",
  j: "ȷ",
  l: "ł",
  L: "Ł",
  LaTeX: "LaTeX",
  ldots: "…",
  o: "ø",
  O: "Ø",
  oe: "œ",
  OE: "Œ",
  S: "§",
  ss: "ß",
  TeX: "TeX",
  textbackslash: "\\",
  th: "þ",
  TH: "Þ",
};

const signAccent = /\\([`'^~=."])\s*(?:\{(\\[ij]|\p{L})\}|(\\[ij](?![A-Za-z])|\p{L}))/gu;
const letterAccent = /\\([urHvdckb])(?:\{(\\[ij]|\p{L})\}|(?<=[cvH])\s+(\p{L}))/gu;
/** A name of its own, with the space or the braces that end it. */
const namedLetter = new RegExp(
  String.raw`\\(${Object.keys(names).join("|")})(?![A-Za-z])(?:\{\}|[ \t]+(?=\p{L}))?`,
  "gu",
);
/** Braces around one letter; those of a command's argument stay. */
const groupedLetter = /(?<![\]}]|\\[A-Za-z]{1,30})\{([\u00C0-\u024F])\}/g;

/** A text with its letters as characters: `B{\"u}hler`, `gar\c{c}on` and `Stra\ss e` are Bühler, garçon and Straße. */
export function lettersAsCharacters(text: string): string {
  if (!text.includes("\\")) return text;
  return text
    .replaceAll(signAccent, (_, accent: string, braced?: string, bare?: string) =>
      accented(braced ?? bare ?? "", signAccents[accent]),
    )
    .replaceAll(letterAccent, (_, accent: string, braced?: string, bare?: string) =>
      accented(braced ?? bare ?? "", letterAccents[accent]),
    )
    .replaceAll(namedLetter, (_, name: string) => names[name] ?? "")
    .replaceAll(groupedLetter, "$1");
}

/** Accents stand on a dotless `i` in TeX, on the common one in Unicode. */
function accented(letter: string, accent = ""): string {
  return `${letter.replace("\\", "")}${accent}`.normalize("NFC");
}
