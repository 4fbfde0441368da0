import path from "node:path";

/** How a program is told to show a file at a line; the file's path is absolute. */
type Syntax = (file: string, line: number) => string[];

const plusLine: Syntax = (file, line) => [`+${line}`, file];
const goto: Syntax = (file, line) => ["--goto", `${file}:${line}`];
const colon: Syntax = (file, line) => [`${file}:${line}`];
const lineOption: Syntax = (file, line) => ["--line", String(line), file];
const shortOption: Syntax = (file, line) => ["-l", String(line), file];

/** Programs by the way in which they are told a line, each as its own manual has it. */
const syntaxes: readonly (readonly [Syntax, readonly string[]])[] = [
  [plusLine, ["vi", "vim", "nvim", "view", "gvim", "mvim", "vimx", "neovide", "elvis", "nvi", "vis"]],
  [plusLine, ["nano", "pico", "rnano", "emacs", "emacsclient", "mg", "jmacs", "joe", "ne", "kak", "micro", "gedit"]],
  [plusLine, ["gnome-text-editor", "geany", "pluma", "xed", "mousepad", "bbedit"]],
  [goto, ["code", "code-insiders", "codium", "vscodium", "code-oss", "cursor", "windsurf", "positron", "trae"]],
  [colon, ["hx", "helix", "zed", "zeditor", "subl", "sublime_text", "lapce"]],
  [
    lineOption,
    ["idea", "webstorm", "phpstorm", "pycharm", "goland", "rubymine", "clion", "rider", "rustrover", "studio"],
  ],
  [shortOption, ["kate", "kwrite", "mate"]],
  [(file, line) => [`-n${line}`, file], ["notepad++"]],
  [(file, line) => [`+${line}g`, file], ["less"]],
  [(file, line) => [`+${line}`, file], ["more", "most"]],
];

const byProgram = new Map(syntaxes.flatMap(([syntax, names]) => names.map((name) => [name, syntax] as const)));

/**
 * The arguments that follow a program's own to show a file, at a line where the program is known to understand one.
 *
 * @param program as it is called: a name or a path
 * @param file absolute, so that no name of a file reads as an option
 */
export function viewerArguments(program: string, file: string, line: number | null): string[] {
  const name = path
    .basename(program.replaceAll("\\", "/"))
    .toLowerCase()
    .replace(/\.(?:exe|cmd|bat|sh|app)$/, "");
  const syntax = byProgram.get(name);
  return line === null || syntax === undefined ? [file] : syntax(file, line);
}
