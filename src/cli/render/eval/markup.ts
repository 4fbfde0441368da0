const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** What XML 1.0 allows in no form, and what HTML shows as nothing. */
const forbidden = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]/g;

/** A text for an element or a quoted attribute of HTML, SVG or XML. */
export function escapeMarkup(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(forbidden, "\u{FFFD}")
    .replaceAll(/[&<>"']/g, (character) => entities[character] ?? character);
}
