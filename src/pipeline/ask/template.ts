import { UserError } from "../../errors.ts";

export interface Section {
  type: "section";
  name: string;
  /** Where it opens, counted from 1. */
  line: number;
  children: TemplateNode[];
}

export type TemplateNode = { type: "text"; text: string } | { type: "variable"; name: string } | Section;

/** What a template may name. A section that is not listed is one that is shown where the variable has a value. */
export interface TemplateNames {
  /** How messages call the template, e.g. its path. */
  name: string;
  /** Variables outside every section. */
  variables: readonly string[];
  /** Top-level sections, and the variables inside each. */
  sections: Readonly<Record<string, { variables: readonly string[] }>>;
}

export interface TemplateValues {
  [name: string]: string | readonly TemplateValues[];
}

const tag = /\{\{\s*([#/]?)\s*([^{}]*?)\s*\}\}/g;
/** A section's tag that has a line for itself takes the line with it. */
const standaloneTag = /^[ \t]*(\{\{\s*[#/]\s*[^{}]*?\s*\}\})[ \t]*(?:\r?\n|$)/gm;

const list = (names: readonly string[]) => names.map((name) => `{{${name}}}`).join(", ");

/**
 * Parses `{{variable}}` and `{{#section}}…{{/section}}`, the part of mustache that a prompt needs.
 * Throws `UserError` "invalid-prompt" with the line of the mistake and the names that are known there.
 */
export function parseTemplate(text: string, names: TemplateNames): TemplateNode[] {
  // Marks keep the count of lines right where a line is taken away.
  const lineMark = "\u0000";
  const marked = text.replaceAll(lineMark, "").replaceAll(standaloneTag, `$1${lineMark}`);
  const root: TemplateNode[] = [];
  const open: Section[] = [];
  let offset = 0;
  let line = 1;

  const fail = (at: number, what: string, hint: string): never => {
    throw new UserError("invalid-prompt", `${names.name}:${at}: ${what}`, { hint });
  };
  const append = (node: TemplateNode) => (open.at(-1)?.children ?? root).push(node);
  const appendText = (raw: string) => {
    for (const character of raw) if (character === "\n" || character === lineMark) line += 1;
    const text = raw.replaceAll(lineMark, "");
    if (text !== "") append({ type: "text", text });
  };
  const variablesHere = () => {
    const outer = open.find((section) => names.sections[section.name] !== undefined);
    return outer === undefined ? names.variables : (names.sections[outer.name]?.variables ?? []);
  };

  for (const match of marked.matchAll(tag)) {
    appendText(marked.slice(offset, match.index));
    offset = match.index + match[0].length;
    const [, sign, name = ""] = match;
    const variables = variablesHere();
    if (sign === "#") {
      const isListed = open.length === 0 && names.sections[name] !== undefined;
      if (!isListed && !variables.includes(name)) {
        const known = open.length === 0 ? [...Object.keys(names.sections), ...variables] : variables;
        const where = open.length > 0 && names.sections[name] !== undefined ? " inside another section" : "";
        fail(
          line,
          `unknown section {{#${name}}}${where}`,
          `known here: ${list(known.map((one) => `#${one}`)) || "none"}`,
        );
      }
      const section: Section = { type: "section", name, line, children: [] };
      append(section);
      open.push(section);
    } else if (sign === "/") {
      const section = open.pop();
      if (section?.name !== name) {
        const expected =
          section === undefined ? "no section is open" : `{{#${section.name}}} of line ${section.line} is`;
        fail(
          line,
          `{{/${name}}} closes nothing: ${expected}${section === undefined ? "" : " open"}`,
          "close sections in the reverse order of opening them",
        );
      }
    } else {
      if (!variables.includes(name)) {
        const section = Object.keys(names.sections).find((one) => names.sections[one]?.variables.includes(name));
        const hint =
          variables.length > 0 && section !== undefined
            ? `it is known between {{#${section}}} and {{/${section}}}; known here: ${list(variables)}`
            : `known here: ${list(variables) || "none"}`;
        fail(line, `unknown variable {{${name}}}`, hint);
      }
      append({ type: "variable", name });
    }
  }
  appendText(marked.slice(offset));
  const unclosed = open.at(-1);
  if (unclosed !== undefined) {
    fail(unclosed.line, `{{#${unclosed.name}}} is never closed`, `put {{/${unclosed.name}}} where the section ends`);
  }
  return root;
}

/** Fills a template. Values go in as they are; a section is repeated for a list, and shown once for a text that is not empty. */
export function renderTemplate(nodes: readonly TemplateNode[], values: TemplateValues): string {
  return nodes
    .map((node) => {
      if (node.type === "text") return node.text;
      const value = values[node.name] ?? "";
      if (node.type === "variable") return typeof value === "string" ? value : "";
      if (typeof value === "string") return value === "" ? "" : renderTemplate(node.children, values);
      return value.map((element) => renderTemplate(node.children, element)).join("");
    })
    .join("");
}
