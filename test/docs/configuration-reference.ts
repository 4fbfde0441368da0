import { z } from "zod";
import { configSchema } from "../../src/config/schema.ts";
import { codeBlock, table } from "./cli-reference.ts";

type Schema = z.core.JSONSchema.BaseSchema;

/** `docs/ragrc.schema.json`: what a configuration file may hold, for editors. */
export function configurationJsonSchema(): string {
  const schema = z.toJSONSchema(configSchema, { io: "input" });
  const titled = { $schema: schema.$schema, title: "Configuration of milvus-rag", ...schema };
  return `${JSON.stringify(withoutSafeIntegers(titled), null, 2)}\n`;
}

/**
 * `src/config/default-config.ts`: every default, for where nothing has to be checked. As text, so that it compiles
 * whatever the schema became, and can be written anew.
 */
export function defaultConfigModule(): string {
  return `import type { Config } from "./schema.ts";

/** What the schema makes of an empty configuration. Generated from it: change \`schema.ts\` and run \`npm run docs\`. */
export function defaultConfig(): Config {
  return JSON.parse(String.raw\`${JSON.stringify(configSchema.parse({}), null, 2)}\`) as Config;
}
`;
}

/** The limits of what JavaScript can count are no limits of a setting. */
function withoutSafeIntegers(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSafeIntegers);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(
    ([key, limit]) =>
      !(
        (key === "maximum" && limit === Number.MAX_SAFE_INTEGER) ||
        (key === "minimum" && limit === Number.MIN_SAFE_INTEGER)
      ),
  );
  return Object.fromEntries(entries.map(([key, item]) => [key, withoutSafeIntegers(item)]));
}

/** `docs/configuration.md`: every setting with its type, default and meaning, from the schema. */
export function configurationReference(example: string): string {
  const schema = JSON.parse(configurationJsonSchema()) as Schema;
  return `${[
    "# Configuration",
    "<!-- Written by `npm run docs` from src/config/schema.ts. -->",
    `Nothing has to be configured: without a file, documents go into an embedded store in \`.rag\` and are searched by
text. A file changes that:`,
    codeBlock("json", example.trim()),
    `The nearest of \`.ragrc\` (JSON or YAML), \`.ragrc.json\`, \`.ragrc.yaml\`, \`.ragrc.yml\`, \`rag.config.json\` and
the key \`rag\` of \`package.json\` is read, from the working folder upwards to the root of the repository (the folder
that holds \`.git\`) or to the home folder, whichever comes first. \`--config\` names a file instead. The file's
folder is the project's root, with the store \`.rag\` beside it unless \`store.path\` or \`milvus.uri\` says otherwise. A configuration is
data: no code in it, or beside it, is ever run. An empty file sets nothing. A link to nothing of one of the first five
names is a mistake; a name that is much like them (\`rag.config.yaml\`, \`.ragrc.js\`) is not read, and a notice says so.`,
    `Relative paths in a file start at the file, and so do the names of documents; paths on the command line start at the
working folder. \`$schema\` with the path of \`docs/ragrc.schema.json\` gives editors completion. \`rag init\` writes its path
in the packages of the project, which is the same for everyone who has the project; where the tool is not one of them,
editors find nothing there until it is installed (\`npm install --save-dev\`).`,
    `Where there is no file, the nearest folder \`.rag\` upwards, within the same bounds, marks the project's root: \`rag ingest .\` and
\`rag search\` below it use that store, and name documents from that folder. Above the working folder, a \`.rag\` that
another user owns is passed over, with a notice. Without any, \`.rag\` is made in the working folder.`,
    "## Order",
    `Defaults are weaker than the file, the file is weaker than environment variables, and those are weaker than flags.`,
    table(
      ["variable", "setting"],
      [
        ["`MILVUS_URI`", "`milvus.uri`"],
        ["`MILVUS_TOKEN`", "`milvus.token`"],
        ["`RAG_COLLECTION`", "`collection`"],
        ["the provider's, e.g. `OPENAI_API_KEY`", "the key of `embedding` and `llm`"],
      ],
    ),
    `\`--embedding\` and \`--llm\` take \`provider\` or \`provider/model\`; what the file says of another provider or model
(its address, key, dimensions, prefixes) is left behind then.`,
    "## Variables in values",
    `\`\${NAME}\` in any text is replaced by the environment variable; it is a mistake if that is not set.
\`\${NAME:-default}\` allows that, and \`$\${NAME}\` stands for \`\${NAME}\` itself. A text that is made of variables and
nothing else may also give a number, or \`true\` or \`false\`, where the setting is one: \`"topK": "\${TOP_K:-5}"\`. Any
other text in quotes stays a text. So keys and tokens need not stand in
the file. In a file that came with a project they go into \`apiKey\` and \`milvus.token\` only, and from there to hosts that
you agree to: see [where keys go](providers.md#where-keys-go).`,
    "## Settings",
    "Every mistake in a file is reported at once, each with the path of its setting.",
    ...sections(schema),
  ].join("\n\n")}\n`;
}

function sections(schema: Schema): string[] {
  const entries = Object.entries(schema.properties ?? {}) as [string, Schema][];
  const plain = entries.filter(([, node]) => !isSection(node));
  const groups = entries.filter(([, node]) => isSection(node));
  return [
    settingsTable(plain.map(([name, node]) => [name, node])),
    ...groups.flatMap(([name, node]) => [
      `### ${name}`,
      node.description ?? "",
      settingsTable(leavesOf(name, isNamedMap(node) ? namedSection(node) : node)),
    ]),
  ];
}

function isSection(node: Schema): boolean {
  return node.type === "object";
}

/** A mapping from names of the user's choice, as \`providers\` is. */
function isNamedMap(node: Schema): boolean {
  return node.properties === undefined && isSection(namedSection(node));
}

function namedSection(node: Schema): Schema {
  return typeof node.additionalProperties === "object" ? (node.additionalProperties as Schema) : {};
}

/** Settings below a section, with their full paths. */
function leavesOf(prefix: string, node: Schema): [string, Schema][] {
  return (Object.entries(node.properties ?? {}) as [string, Schema][]).flatMap(([name, child]) =>
    child.properties === undefined ? [[`${prefix}.${name}`, child]] : leavesOf(`${prefix}.${name}`, child),
  );
}

function settingsTable(settings: readonly [string, Schema][]): string {
  return table(
    ["setting", "type", "default", "meaning"],
    settings.map(([name, node]) => [
      `\`${name.replace(/^providers\./, "providers.<name>.")}\``,
      typeOf(node),
      node.default === undefined ? "" : `\`${JSON.stringify(node.default)}\``,
      node.description ?? "",
    ]),
  );
}

function typeOf(node: Schema): string {
  if (node.enum !== undefined) return node.enum.map((value) => `\`${String(value)}\``).join(", ");
  if (node.anyOf !== undefined) return node.anyOf.map((option) => typeOf(option as Schema)).join(" or ");
  if (node.type === "object") return "mapping";
  if (node.type === "string") return node.format === "uri" ? "address" : "text";
  const { minimum, maximum } = node;
  if (node.exclusiveMinimum === 0) return `positive ${node.type}${maximum === undefined ? "" : `, at most ${maximum}`}`;
  if (minimum !== undefined && maximum !== undefined) return `${node.type}, ${minimum} to ${maximum}`;
  if (maximum !== undefined) return `${node.type}, at most ${maximum}`;
  return minimum === undefined ? String(node.type) : `${node.type}, at least ${minimum}`;
}
