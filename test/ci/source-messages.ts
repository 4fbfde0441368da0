import { readFile, readdir } from "node:fs/promises";
import path from "node:path";
import {
  type ArrowFunctionExpression,
  type Expression,
  type Function as FunctionNode,
  type Node,
  parseSync,
  visitorKeys,
} from "oxc-parser";

/** A text of the source that a user may read, or a code of an error. */
interface Found {
  role: "text" | "code";
  /** As it is written, without quotes; `${…}` stands for what is put in. */
  value: string;
  /** `file:offset`. */
  place: string;
}

interface Definition {
  /** How calls reach it: `name` within its file, `.name` as a property or a method of whatever object. */
  name: string;
  parameters: string[];
  body: Node;
}

/** A file with what its expressions may refer to, by name and without regard to scopes. */
interface Module {
  file: string;
  source: string;
  nodes: Node[];
  definitions: Definition[];
  exported: Set<string>;
  /** What is assigned to a name, or to a property of an object that has one: `name.property`. */
  values: Map<string, Expression[]>;
}

/** An argument, by its position, that ends up in a message (`text`) or names an error (`code`). */
interface Sink {
  position: number;
  role: Found["role"];
}

/** By the name that calls use, in every file; functions that hand a parameter on to one of these are found from here. */
const entrances: Readonly<Record<string, Sink[]>> = {
  UserError: [
    { position: 0, role: "code" },
    { position: 1, role: "text" },
  ],
  ModelError: [
    { position: 0, role: "code" },
    { position: 1, role: "text" },
  ],
  onNotice: [{ position: 0, role: "text" }],
  ".onNotice": [{ position: 0, role: "text" }],
  ".notice": [{ position: 0, role: "text" }],
  ".warn": [{ position: 0, role: "text" }],
  "warnings.push": [{ position: 0, role: "text" }],
};
/** Properties and variables of these names hold messages wherever they are. */
const messageNames = new Set(["hint", "message"]);

/** All messages, hints and codes of errors that the source of `folder` writes out. */
export async function sourceMessages(folder: string): Promise<Found[]> {
  const names = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith(".ts"));
  const modules = await Promise.all(
    names.map(async (name) => moduleOf(name, await readFile(path.join(folder, name), "utf8"))),
  );
  const sinks = new Map(Object.entries(entrances));
  while (modules.map((module) => handOn(module, sinks)).includes(true));
  const found = new Map<string, Found>();
  for (const module of modules) {
    for (const { expression, role } of endpoints(module, sinks)) {
      for (const [node, within] of texts(expression, module, modules)) {
        const place = `${within.file}:${node.start}`;
        found.set(`${role} ${place}`, { role, value: written(node, within), place });
      }
    }
  }
  return [...found.values()];
}

function moduleOf(file: string, source: string): Module {
  const { program, errors, module: record } = parseSync(file, source);
  if (errors.length > 0) throw new Error(`${file} cannot be parsed: ${errors[0]?.message}`);
  const exported = new Set(
    record.staticExports.flatMap(({ entries }) => entries.map((entry) => entry.exportName.name ?? "")),
  );
  const module: Module = { file, source, nodes: descendants(program), definitions: [], exported, values: new Map() };
  for (const node of module.nodes) {
    if (node.type === "FunctionDeclaration") define(module, node.id?.name, node);
    if (node.type === "VariableDeclarator" && node.id.type === "Identifier") define(module, node.id.name, node.init);
    if (node.type === "AssignmentExpression") define(module, nameOf(node.left), node.right);
    if (node.type === "Property" || node.type === "MethodDefinition")
      define(module, `.${nameOf(node.key)}`, node.value);
    if (node.type === "VariableDeclarator" && node.id.type === "Identifier") {
      const object = node.init?.type === "TSAsExpression" ? node.init.expression : node.init;
      if (object?.type !== "ObjectExpression") continue;
      for (const property of object.properties) {
        if (property.type === "Property") define(module, `${node.id.name}.${nameOf(property.key)}`, property.value);
      }
    }
  }
  return module;
}

function define(module: Module, name: string | undefined, node: Node | null): void {
  if (name === undefined || node === null) return;
  if (isFunction(node)) {
    if (node.body === null) return;
    module.definitions.push({ name, parameters: node.params.map((one) => nameOf(one) ?? ""), body: node.body });
  } else {
    module.values.set(name, [...(module.values.get(name) ?? []), node as Expression]);
  }
}

function isFunction(node: Node): node is FunctionNode | ArrowFunctionExpression {
  return (
    node.type === "FunctionDeclaration" || node.type === "FunctionExpression" || node.type === "ArrowFunctionExpression"
  );
}

function nameOf(node: Node): string | undefined {
  if (node.type === "Identifier" || node.type === "PrivateIdentifier") return node.name;
  if (node.type === "MemberExpression") return nameOf(node.property);
  if (node.type === "AssignmentPattern") return nameOf(node.left);
  return undefined;
}

/** The node itself first, then what it holds, in the order of the source. */
function descendants(node: Node): Node[] {
  const children = (visitorKeys[node.type] ?? []).flatMap((key) => (node as unknown as Record<string, unknown>)[key]);
  return [node, ...children.filter((child): child is Node => child instanceof Object).flatMap(descendants)];
}

/** Makes a sink of every parameter that a function of the module hands on to one; `true` where one was new. */
function handOn(module: Module, sinks: Map<string, Sink[]>): boolean {
  let isNew = false;
  for (const { name, parameters, body } of module.definitions) {
    const key = keyOf(name, module);
    for (const { expression, role } of endpoints({ ...module, nodes: descendants(body) }, sinks)) {
      const position = parameters.indexOf(lastName(expression) ?? "-");
      const known = sinks.get(key) ?? [];
      if (position < 0 || known.some((sink) => sink.position === position && sink.role === role)) continue;
      sinks.set(key, [...known, { position, role }]);
      isNew = true;
    }
  }
  return isNew;
}

/** What a function is filed under: one that its file exports, or that hangs on an object, may be called from others. */
function keyOf(name: string, module: Module): string {
  return name.startsWith(".") || module.exported.has(name) ? name : `${module.file} ${name}`;
}

/** The name of what is called: `.name` of an object's function, `warnings.push` where the object matters. */
function calleeOf(node: Node): string | undefined {
  if (node.type === "Identifier") return node.name;
  if (node.type !== "MemberExpression") return undefined;
  const name = nameOf(node.property);
  return name === "push" ? `${nameOf(node.object)}.push` : `.${name}`;
}

/** The name that an expression is, or ends with: of `${label}: ${clean(what)}` it is `what`. */
function lastName(node: Node): string | undefined {
  if (node.type === "Identifier") return node.name;
  if (node.type === "TemplateLiteral" && node.quasis.at(-1)?.value.raw === "") {
    const last = node.expressions.at(-1);
    return last === undefined ? undefined : lastName(last);
  }
  // What a function makes of a text, as in `clean(what)`.
  if (node.type === "CallExpression" && node.arguments[0] !== undefined) return lastName(node.arguments[0]);
  return undefined;
}

/** The expressions of a module whose value becomes a message or a code. */
function endpoints(module: Module, sinks: Map<string, Sink[]>): { expression: Node; role: Found["role"] }[] {
  return module.nodes.flatMap((node): { expression: Node; role: Found["role"] }[] => {
    if (node.type === "CallExpression" || node.type === "NewExpression") {
      const name = calleeOf(node.callee) ?? "";
      const called = sinks.get(`${module.file} ${name}`) ?? (isOwn(name, module) ? [] : sinks.get(name)) ?? [];
      return called.flatMap(({ position, role }) => {
        const expression = node.arguments[position];
        return expression === undefined ? [] : [{ expression, role }];
      });
    }
    if (node.type === "Property" && messageNames.has(nameOf(node.key) ?? "")) {
      return [{ expression: node.value, role: "text" }];
    }
    if (node.type === "VariableDeclarator" && node.init !== null && messageNames.has(nameOf(node.id) ?? "")) {
      return [{ expression: node.init, role: "text" }];
    }
    return [];
  });
}

/** Whether a name is that of a function which its file keeps to itself. */
function isOwn(name: string, module: Module): boolean {
  return (
    !module.exported.has(name) &&
    module.definitions.some((definition) => definition.name === name && !name.startsWith("."))
  );
}

/** The pieces of text that an expression may be, each with the module where it is written. */
function texts(node: Node, module: Module, modules: readonly Module[], seen = new Set<Node>()): [Node, Module][] {
  if (seen.has(node)) return [];
  seen.add(node);
  const all = (nodes: readonly Node[], where = module) => nodes.flatMap((one) => texts(one, where, modules, seen));
  switch (node.type) {
    case "Literal":
      return typeof node.value === "string" ? [[node, module]] : [];
    case "TemplateLiteral":
      return [[node, module]];
    case "BinaryExpression":
      return node.operator === "+" ? [[node, module]] : [];
    case "ConditionalExpression":
      return all([node.consequent, node.alternate]);
    case "LogicalExpression":
      return all([node.left, node.right]);
    case "TSAsExpression":
    case "TSNonNullExpression":
    case "ParenthesizedExpression":
      return all([node.expression]);
    case "Identifier":
      return all(module.values.get(node.name) ?? []);
    case "MemberExpression": {
      const name = `${nameOf(node.object)}.${nameOf(node.property)}`;
      return modules.flatMap((other) => all(other.values.get(name) ?? [], other));
    }
    case "CallExpression": {
      const name = calleeOf(node.callee);
      const isHere = module.definitions.some((definition) => definition.name === name);
      return (isHere ? [module] : modules).flatMap((other) =>
        other.definitions.flatMap((one) => (one.name === name ? all(returned(one.body), other) : [])),
      );
    }
    default:
      return [];
  }
}

/** What a function returns, of functions inside of it as well. */
function returned(body: Node): Node[] {
  if (body.type !== "BlockStatement") return [body];
  return descendants(body).flatMap((node) =>
    node.type === "ReturnStatement" && node.argument !== null ? [node.argument] : [],
  );
}

/** The text of an expression, with `${…}` where something is put in. */
function written(node: Node, module: Module): string {
  if (node.type === "Literal") return String(node.value);
  if (node.type === "BinaryExpression") return written(node.left, module) + written(node.right, module);
  if (node.type === "TemplateLiteral") return module.source.slice(node.start + 1, node.end - 1);
  return `\${${module.source.slice(node.start, node.end)}}`;
}
