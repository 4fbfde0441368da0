import { htmlToMarkdown, levelAttribute } from "./to-markdown.ts";
import type { HtmlDocument, HtmlElement } from "./dom.ts";

/** What stands around the content of a page. A page without any of it is all content. */
const surroundings =
  "nav, footer, aside, header, form, [role=navigation], [role=banner], [role=contentinfo], [role=complementary], [role=search], [class*=sidebar], [class*=menu], [class*=cookie], [id*=sidebar], [id*=menu], [id*=cookie]";

/** Of those, what is never content. */
const neverContent =
  "nav, footer, [role=navigation], [role=contentinfo], [role=search], [class*=cookie-], [id*=cookie-]";

/**
 * Share of the page's text that Readability has to keep. It looks for an article: of a page of many small parts (a list
 * of results, a reference, a forum) it takes one and drops the others.
 */
const enoughOfThePage = 0.33;

/** Characters below which a text is no article, whatever its share. */
const shortText = 500;

/** The text of a page as Markdown, without what surrounds it (menus, footers, forms), and the article's title, if any. */
export async function readableMarkdown(document: HtmlDocument): Promise<{ text: string; title: string | null }> {
  const { body } = document;
  if (body === null) return { text: "", title: null };
  if (body.querySelector(surroundings) === null) return { text: htmlToMarkdown(body), title: null };
  for (const element of body.querySelectorAll(neverContent)) element.remove();
  const article = await articleOf(document);
  const whole = htmlToMarkdown(body);
  if (article === null) return { text: whole, title: null };
  const isEnough = article.text.length >= whole.length * enoughOfThePage;
  const isArticle = isEnough && (article.text.length >= shortText || article.text.length >= whole.length / 2);
  return isArticle ? article : { text: whole, title: null };
}

async function articleOf(document: HtmlDocument): Promise<{ text: string; title: string | null } | null> {
  const { Readability } = await import("@mozilla/readability");
  for (const heading of document.querySelectorAll("h1, h2, h3, h4, h5, h6")) {
    heading.setAttribute(levelAttribute, heading.localName.slice(1));
  }
  const copy = (document as HtmlDocument & { cloneNode(deep: boolean): HtmlDocument }).cloneNode(true);
  // The element itself is asked for: writing it as HTML and parsing that again would take as long as all the rest.
  const reader = new Readability(copy as never, {
    keepClasses: true,
    serializer: (element: unknown) => element as HtmlElement,
  });
  const article = reader.parse();
  if (article === null || article.content === null || article.content === undefined) return null;
  const text = htmlToMarkdown(article.content as HtmlElement);
  const title = article.title ?? "";
  return { text: withTitle(text, title), title: title === "" ? null : title };
}

/** Readability takes the heading that repeats the page's title out of the text: nothing else says what it is about. */
function withTitle(text: string, title: string): string {
  const [first = ""] = text.split("\n", 1);
  if (title === "" || text === "" || first.startsWith("# ") || first.replace(/^#+ /, "") === title) return text;
  return `# ${title}\n\n${text}`;
}
