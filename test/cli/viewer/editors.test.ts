import { expect, it } from "vitest";
import { commandWords } from "../../../src/cli/viewer/command-words.ts";
import { viewerArguments } from "../../../src/cli/viewer/editors.ts";

const file = "/project/a b.md";

it.each([
  ["vim", ["+12", file]],
  ["/usr/bin/nvim", ["+12", file]],
  ["nano", ["+12", file]],
  ["emacsclient", ["+12", file]],
  ["code", ["--goto", `${file}:12`]],
  ["cursor", ["--goto", `${file}:12`]],
  ["C:\\Program Files\\Microsoft VS Code\\bin\\code.cmd", ["--goto", `${file}:12`]],
  ["hx", [`${file}:12`]],
  ["subl", [`${file}:12`]],
  ["idea", ["--line", "12", file]],
  ["mate", ["-l", "12", file]],
  ["less", ["+12g", file]],
  ["some-editor", [file]],
])("%s is told the line in its own way", (program, words) => {
  expect(viewerArguments(program, file, 12)).toEqual(words);
  expect(viewerArguments(program, file, null)).toEqual([file]);
});

it.each([
  ["code --wait", ["code", "--wait"]],
  ["  vim  -u NONE ", ["vim", "-u", "NONE"]],
  [`"/opt/My Editor/bin/ed" -x 'a  b'`, ["/opt/My Editor/bin/ed", "-x", "a  b"]],
  [`/opt/My\\ Editor/ed "say \\"hi\\" \\n"`, ["/opt/My Editor/ed", 'say "hi" \\n']],
  ["ed ''", ["ed", ""]],
  ["ed; rm -rf $HOME `x`", ["ed;", "rm", "-rf", "$HOME", "`x`"]],
  ["", []],
])("%j is split as a shell splits words, and nothing more", (command, words) => {
  expect(commandWords(command, "EDITOR", "linux")).toEqual(words);
});

it("keeps the backslashes of a path on Windows", () => {
  expect(commandWords(`"C:\\Program Files\\ed.exe" C:\\x`, "EDITOR", "win32")).toEqual([
    "C:\\Program Files\\ed.exe",
    "C:\\x",
  ]);
});

it("refuses a quote that is not closed", () => {
  expect(() => commandWords('code "--wait', "EDITOR", "linux")).toThrow(/EDITOR has a quote that is not closed/);
});
