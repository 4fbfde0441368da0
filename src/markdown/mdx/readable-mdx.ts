import { lineAt } from "./blocks.ts";
import { mdxPage } from "./page.ts";

/**
 * The text of an MDX file as a reader of its page sees it: without imports, exports, tags, comments, expressions and
 * marks of containers (`:::`). Titles, labels and descriptions in tags stay, and so does all code. Every line keeps its
 * number. `bodyStart`: offset of the text behind the front matter.
 *
 * MDX that would not compile is read too: what has no meaning stays as text. Takes time in proportion to the text.
 */
export function readableMdx(text: string, bodyStart: number): string {
  const page = mdxPage(text);
  let at = bodyStart;
  while (at < text.length) at = lineAt(page, at);
  return text.slice(0, bodyStart) + page.writer.text();
}
