import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const cli = fileURLToPath(new URL("../../../src/cli", import.meta.url));
const published = path.join(cli, "render", "documents.ts");

/** The calls of `writeJson` in a file, each by the type that it names; `null` where that is no plain name. */
function documentsOf(text: string): (string | null)[] {
  return [...text.matchAll(/\bwriteJson<([^>(]*)>*\(/g)].map(([, type = ""]) => (/^\w+$/.test(type) ? type : null));
}

/** The names that a file imports from the interfaces that are published. */
function importsOf(file: string, text: string): string[] {
  const imports = [...text.matchAll(/^import (?:type )?\{([^}]*)\} from "([^"]+)";/gm)];
  return imports
    .filter(([, , from = ""]) => path.resolve(path.dirname(file), from) === published)
    .flatMap(([, names = ""]) => names.split(",").map((name) => name.replace(/\btype\b/, "").trim()));
}

const printing = readdirSync(cli, { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".ts") && name !== path.join("render", "output.ts"))
  .map((name) => ({ name, text: readFileSync(path.join(cli, name), "utf8") }))
  .filter(({ text }) => documentsOf(text).length > 0);

it.each(printing)("what $name prints as JSON is an interface that the package offers", ({ name, text }) => {
  const imported = importsOf(path.join(cli, name), text);
  for (const document of documentsOf(text)) expect(imported).toContain(document);
});

it("every renderer that has a JSON document is among them", () => {
  expect(printing.map(({ name }) => path.basename(name))).toEqual(
    expect.arrayContaining(["answer.ts", "collections.ts", "search-results.ts", "summary.ts", "init.ts"]),
  );
});
