import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdir, realpath, rm, writeFile, mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const rag = fileURLToPath(new URL("../../../bin/rag.js", import.meta.url));
/** Of the shell: it holds the number of the command that has ended. */
const prompt = "ready $N>";

/** A real terminal (tmux) with a shell in it, in which `rag` is the built tool. */
export interface Screen {
  /** Absolute; the shell's working folder. */
  readonly folder: string;
  /** `C-c`, `Enter`, `q`: keys as tmux names them. */
  press(...keys: string[]): Promise<void>;
  /** Runs a line in the shell, and leaves it to the caller. */
  start(line: string): Promise<void>;
  /** Runs a line in the shell and waits until the prompt is there again; the lines that it left on the screen and above it. */
  command(line: string): Promise<string[]>;
  /** Lines on the screen and above it, without those of earlier commands. */
  lines(): Promise<string[]>;
  /** The same with the control sequences that give them colours. */
  coloredLines(): Promise<string[]>;
  /** Resolves as soon as the lines hold the text. */
  shows(text: string): Promise<void>;
  /** Resolves as soon as the shell asks for the next command. */
  isReady(): Promise<void>;
  /** What a terminal is left with. */
  state(): Promise<{ cursorIsVisible: boolean; isAlternate: boolean; cursorColumn: number }>;
  close(): Promise<void>;
}

/** Lines as tmux captures them, each of which goes on with the colours of the one before: each with its own. */
function independent(lines: readonly string[]): string[] {
  let colors = "";
  return lines.map((line) => {
    const before = colors;
    // oxlint-disable-next-line no-control-regex -- what colours are chosen with
    for (const [sequence, codes = ""] of line.matchAll(/\u001b\[([\d;]*)m/g)) {
      colors = /^0?(?:;|$)/.test(codes) ? sequence : colors + sequence;
    }
    return before + line;
  });
}

/** Opens a terminal of so many columns and rows, in a folder of its own with these files; commands find the variables. */
export async function openScreen(
  { columns, rows = 24 }: { columns: number; rows?: number },
  files: Record<string, string>,
  variables: Record<string, string> = {},
): Promise<Screen> {
  const root = await realpath(await mkdtemp(path.join(tmpdir(), "rag-screen-")));
  const folder = path.join(root, "project");
  await mkdir(path.join(root, "home"), { recursive: true });
  for (const [name, content] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
    await writeFile(path.join(folder, name), content);
  }
  const script = `#!/bin/sh\nexec '${process.execPath}' '${rag}' "$@"\n`;
  await writeFile(path.join(root, "rag"), script, { mode: 0o755 });

  const environment = {
    PATH: `${root}:${process.env["PATH"] ?? ""}`,
    HOME: path.join(root, "home"),
    LANG: "C.UTF-8",
    N: "0",
    PS1: `${prompt} `,
    ...variables,
  };
  const socket = path.join(root, "tmux");
  const tmux = async (...words: string[]) =>
    (await run("tmux", ["-u", "-f", "/dev/null", "-S", socket, ...words], { env: environment, cwd: folder })).stdout;
  const session = `rag-${randomUUID()}`;
  const size = ["-x", String(columns), "-y", String(rows)];
  await tmux("new-session", "-d", "-s", session, ...size, "-c", folder, "env", "-u", "ENV", "sh", "-i");

  const all = async (...flags: string[]) => {
    // `-S -`: from the first line above the screen.
    const text = await tmux("capture-pane", "-p", ...flags, "-S", "-", "-t", session);
    return text.split("\n").map((line) => line.trimEnd());
  };
  let number = 0;
  const promptOf = (at: number) => prompt.replace("$N", String(at));
  const lines = async () => {
    const shown = await all();
    const begin = shown.findLastIndex((line) => line.startsWith(promptOf(number - 1)));
    return shown
      .slice(begin + 1)
      .join("\n")
      .trimEnd()
      .split("\n");
  };
  const coloredLines = async () => {
    const plain = await lines();
    const begin = (await all()).findLastIndex((line) => line.startsWith(promptOf(number - 1)));
    return independent(await all("-e")).slice(begin + 1, begin + 1 + plain.length);
  };
  const until = async (isThere: () => Promise<boolean>, what: string) => {
    for (let attempt = 0; attempt < 600; attempt++) {
      if (await isThere()) return;
      await sleep(100);
    }
    throw new Error(`the screen never showed ${what}:\n${(await all()).join("\n")}`);
  };
  const isReady = () => until(async () => (await lines()).at(-1) === promptOf(number), "the prompt");
  const screen: Screen = {
    folder,
    lines,
    coloredLines,
    isReady,
    press: async (...keys) => void (await tmux("send-keys", "-t", session, ...keys)),
    shows: (text) => until(async () => (await lines()).join("\n").includes(text), JSON.stringify(text)),
    async start(line) {
      number++;
      // In a file, so that the terminal shows nothing of it.
      await writeFile(path.join(folder, "command.sh"), `N=${number}\n${line}\n`);
      await tmux("send-keys", "-t", session, "-l", ". ./command.sh");
      await screen.press("Enter");
    },
    async command(line) {
      await screen.start(line);
      await isReady();
      return (await lines()).slice(0, -1);
    },
    async state() {
      const format = "#{cursor_flag} #{alternate_on} #{cursor_x}";
      const [cursor, alternate, column] = (await tmux("display-message", "-p", "-t", session, format))
        .trim()
        .split(" ");
      return { cursorIsVisible: cursor === "1", isAlternate: alternate === "1", cursorColumn: Number(column) };
    },
    async close() {
      await tmux("kill-server").catch(() => {});
      await rm(root, { recursive: true, force: true });
    },
  };
  await until(async () => (await all()).includes(promptOf(0)), "the first prompt");
  return screen;
}
