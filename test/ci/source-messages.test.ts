import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { sourceMessages } from "./source-messages.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "rag-messages-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** The texts and codes of these files. */
async function found(files: Record<string, string>, role: "text" | "code" = "text"): Promise<string[]> {
  for (const [name, content] of Object.entries(files)) await writeFile(path.join(folder, name), content);
  const all = await sourceMessages(folder);
  return all.filter((one) => one.role === role).map(({ value }) => value);
}

it("finds the message, the hint and the code of an error, however the call is broken into lines", async () => {
  const content = `throw new UserError(
    // Why it is refused.
    "no-file",
    \`there is no file \${name}\`,
    { hint: isThere ? "name another one" : fallback ?? "make it" },
  );`;
  expect(await found({ "a.ts": content })).toEqual(["there is no file ${name}", "name another one", "make it"]);
  expect(await found({ "a.ts": content }, "code")).toEqual(["no-file"]);
});

it("follows names, properties, results of functions and sums of texts", async () => {
  const content = `
    const reasons = { gone: "it is gone" } as const;
    function advice() { if (a) return "wait a moment"; return "try again"; }
    let said = "first words";
    said = "other words";
    output.notice(said);
    output.warn(reasons.gone);
    onNotice("begins here " + end);
    const hint = advice();`;
  expect((await found({ "a.ts": content })).sort()).toEqual(
    ["first words", "other words", "it is gone", "begins here ${end}", "wait a moment", "try again"].sort(),
  );
});

it("finds what is handed to functions that make a message of it, in other files too", async () => {
  const files = {
    "a.ts": `export function backend(code: string, message: string) { return new UserError(code, message); }
      export const connection = { bad: (what: string) => backend("bad-answer", \`server: \${clean(what)}\`) };`,
    "b.ts": `import { backend, connection } from "./a.ts";
      throw backend("odd-answer", "the answer is odd");
      throw connection.bad("the answer is bad");`,
    // A function of its own with that name.
    "c.ts": `function backend(one: string, other: string) { return one + other; } backend("no code", "no message");`,
  };
  expect((await found(files)).sort()).toEqual(["server: ${clean(what)}", "the answer is bad", "the answer is odd"]);
  expect((await found(files, "code")).sort()).toEqual(["bad-answer", "odd-answer"]);
});

it("takes neither comments nor other texts for messages", async () => {
  expect(await found({ "a.ts": `// hint: "Not one."\nconst filter = a ? "Id in list." : "b c";\n` })).toEqual([]);
});
