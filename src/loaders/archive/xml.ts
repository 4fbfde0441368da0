import { messageOf, UserError } from "../../errors.ts";
import { decodeText } from "../../files/decode-text.ts";

/** An element with what stands in it, in the order of the file. */
export interface XmlElement {
  /** Without its namespace prefix, which every producer chooses for itself: `w:p` → `p`. */
  name: string;
  /** As written, prefixes included. */
  attributes: Readonly<Record<string, string>>;
  children: (XmlElement | string)[];
}

/** Elements inside elements. Office nests some 30; programs that read XML recursively fail at some thousands. */
const maxDepth = 256;

/** Characters of one XML file that are made into a tree, which takes several times the memory of its text. */
const maxTreeChars = 64 * 2 ** 20;

/**
 * Parses XML into a tree. External entities do not exist for it, and a document type that declares entities is refused.
 * Throws `UserError` `unreadable-xml` where it is not well-formed, nested too deep, too large, or declares entities.
 */
export async function parseXml(bytes: Uint8Array, name: string): Promise<XmlElement> {
  const text = await xmlText(bytes, name);
  if (text.length > maxTreeChars) throw unreadable(name, `it has more than ${maxTreeChars} characters`);
  const { default: sax } = await import("sax");
  const parser = sax.parser(true, { position: false });
  const root: XmlElement = { name: "", attributes: {}, children: [] };
  const open: XmlElement[] = [root];
  const add = (child: XmlElement | string) => open.at(-1)!.children.push(child);
  Object.assign(parser, {
    onopentag: ({ name: tag, attributes }: { name: string; attributes: Record<string, string> }) => {
      const element = { name: localName(tag), attributes, children: [] };
      add(element);
      open.push(element);
    },
    onclosetag: () => open.pop(),
    ontext: add,
    oncdata: add,
    onerror: (error: Error) => {
      throw error;
    },
  });
  try {
    parser.write(text).close();
  } catch (error) {
    throw unreadable(name, messageOf(String(error instanceof Error ? error.message : error).split("\n")[0]), error);
  }
  const document = root.children.find((child) => typeof child !== "string");
  if (document === undefined) throw unreadable(name, "it has no element");
  return document;
}

/**
 * The text of an XML file that is safe to hand to another parser: nested no deeper than any reader bears, no entities
 * declared. Throws `UserError` `unreadable-xml`.
 */
export async function xmlText(bytes: Uint8Array, name: string): Promise<string> {
  const { text } = await decodeText(bytes);
  if (/<!ENTITY/i.test(text)) throw unreadable(name, "it declares entities, which no document needs");
  if (depthOf(text) > maxDepth) throw unreadable(name, `its elements are nested more than ${maxDepth} deep`);
  return text;
}

/** How deep elements are nested, without parsing: comments, CDATA and declarations are passed over. */
function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (let at = text.indexOf("<"); at !== -1; at = text.indexOf("<", at)) {
    const next = text[at + 1];
    const end = next === "!" ? skipDeclaration(text, at) : text.indexOf(">", at);
    if (end === -1) break;
    if (next === "/") depth -= 1;
    else if (next !== "!" && next !== "?" && text[end - 1] !== "/") depth += 1;
    if (depth > deepest) deepest = depth;
    at = end + 1;
  }
  return deepest;
}

function skipDeclaration(text: string, at: number): number {
  const end = text.startsWith("<!--", at) ? "-->" : text.startsWith("<![CDATA[", at) ? "]]>" : ">";
  const found = text.indexOf(end, at);
  return found === -1 ? -1 : found + end.length - 1;
}

function unreadable(name: string, reason: string, cause?: unknown): UserError {
  return new UserError("unreadable-xml", `"${name}" in the file cannot be read: ${reason}`, {
    hint: "open the file in its program and save a copy",
    ...(cause === undefined ? {} : { cause }),
  });
}

function localName(name: string): string {
  return name.slice(name.indexOf(":") + 1);
}

/** The value of an attribute by its local name; one with a prefix (`r:id`) where both exist and `prefixed` is set. */
export function attribute(element: XmlElement, name: string, prefixed = false): string | null {
  const plain = element.attributes[name];
  if (plain !== undefined && !prefixed) return plain;
  const found = Object.entries(element.attributes).find(([key]) => key.endsWith(`:${name}`));
  return found?.[1] ?? plain ?? null;
}

/** The child elements, of one name or of all. */
export function elements(parent: XmlElement, name?: string): XmlElement[] {
  return parent.children.filter(
    (child): child is XmlElement => typeof child !== "string" && (name === undefined || child.name === name),
  );
}

/** The elements of these names at any depth, in the order of the file; nothing inside a found one is looked at. */
export function* descendants(parent: XmlElement, ...names: string[]): Generator<XmlElement> {
  for (const child of elements(parent)) {
    if (names.includes(child.name)) yield child;
    else yield* descendants(child, ...names);
  }
}

/** All the text inside an element, as it stands there. */
export function textContent(element: XmlElement): string {
  return element.children.map((child) => (typeof child === "string" ? child : textContent(child))).join("");
}
