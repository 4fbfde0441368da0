import { expect, it } from "vitest";
import { sectionNames } from "../../src/filters/heading-names.ts";

const text =
  "Rest of it.\n\n## Backup ##\n\nCopy all.\n\n```sh\n# a comment\n```\n\n### C#\n\nAn #issue.\n\n## Backup\n";

it("names the sections of a passage once, each as it is written", () => {
  expect(sectionNames({ text, format: "markdown", heading: ["Guide"] })).toEqual(["Guide", "Backup", "C#"]);
  expect(sectionNames({ text, format: "markdown", heading: ["Guide", "Backup"] })).toEqual(["Backup", "C#"]);
  expect(sectionNames({ text: "no heading", format: "markdown", heading: [] })).toEqual([]);
});

it("takes no comment for a heading, in a block of code that is cut, nor in source code", () => {
  expect(sectionNames({ text: "```sh\n# a comment\n", format: "markdown", heading: [] })).toEqual([]);
  expect(sectionNames({ text: "# a comment\n", format: "code", heading: ["run"] })).toEqual(["run"]);
});
