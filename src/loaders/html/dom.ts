import { UserError } from "../../errors.ts";

/** What the readers of HTML use of the DOM; the project is compiled without the types of browsers. */
export interface HtmlNode {
  nodeType: number;
  textContent: string | null;
  parentNode: HtmlElement | null;
  firstChild: HtmlNode | null;
  nextSibling: HtmlNode | null;
}

export interface HtmlElement extends HtmlNode {
  /** Lower case. */
  localName: string;
  firstElementChild: HtmlElement | null;
  nextElementSibling: HtmlElement | null;
  getAttribute(name: string): string | null;
  setAttribute(name: string, value: string): void;
  hasAttribute(name: string): boolean;
  querySelector(selector: string): HtmlElement | null;
  querySelectorAll(selector: string): Iterable<HtmlElement>;
  remove(): void;
  appendChild(child: HtmlElement): void;
}

export interface HtmlDocument extends HtmlElement {
  documentElement: HtmlElement | null;
  body: HtmlElement | null;
}

const elementNode = 1;
export const textNode = 3;

/** Elements inside elements. Pages nest a few dozen; those that never close their tags, some hundreds. */
const maxDepth = 1000;

/**
 * Parses a page, however broken. Nothing is fetched and no script runs.
 * Throws `UserError` `unreadable-html` where it is nested deeper than its readers bear.
 */
export async function parseHtml(html: string): Promise<HtmlDocument> {
  // A page may leave out `<html>` and `<body>`, and a fragment has neither: without them nothing would be the body.
  const inBody = /<(?:html|body|frameset)[\s>]/i.test(html) ? html : `<body>${html}</body>`;
  const whole = /<html[\s>]/i.test(html) ? html : `<!DOCTYPE html><html>${inBody}</html>`;
  await refuseDepth(whole);
  const { parseHTML } = await import("linkedom");
  const parsed: HtmlDocument = parseHTML(whole).document;
  // Something else stands before `<html>`, or it is in a comment: the DOM would take another element for the page.
  const isPage = parsed.documentElement?.localName === "html";
  const document: HtmlDocument = isPage ? parsed : parseHTML(`<html><head></head><body>${html}</body></html>`).document;
  settleBody(document);
  return document;
}

/** Reads the tags alone, and no further than the limit: the DOM takes time for every level above an element. */
async function refuseDepth(html: string): Promise<void> {
  const { Parser } = await import("htmlparser2");
  let depth = 0;
  const parser = new Parser({
    onopentag: () => {
      depth += 1;
      if (depth <= maxDepth) return;
      throw new UserError("unreadable-html", `the elements of the page are nested more than ${maxDepth} deep`, {
        hint: "open the page in a browser and save it as text",
      });
    },
    onclosetag: () => {
      depth -= 1;
    },
  });
  parser.end(html);
}

/** Leaves a head and a body below `<html>`: the DOM takes the first element for the head and the next for the body. */
function settleBody(document: HtmlDocument): void {
  const root = document.documentElement;
  const body = document.querySelector("body");
  if (root === null || body === null || body.parentNode !== root) return;
  const head = document.querySelector("head");
  const strays: HtmlElement[] = [];
  for (let child = root.firstElementChild; child !== null; child = child.nextElementSibling) {
    if (child !== head && child !== body) strays.push(child);
  }
  for (const stray of strays) body.appendChild(stray);
}

export function* childNodes(parent: HtmlNode): Generator<HtmlNode> {
  for (let node = parent.firstChild; node !== null; node = node.nextSibling) yield node;
}

export function isElement(node: HtmlNode): node is HtmlElement {
  return node.nodeType === elementNode;
}
