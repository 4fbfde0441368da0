// What some tests need that a clone of the project does not bring. Such a test names its needs (test/fixtures/needs.ts)
// and is skipped where one is missing; the verdict of CI (check-report.mjs) asks here whether that is so.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Where documents to try things on are, if they are anywhere: beside the repository, or where `RAG_SHARED_DATA` says. */
export const sharedDataFolder =
  process.env.RAG_SHARED_DATA ?? fileURLToPath(new URL("../../../shared/data", import.meta.url));

/** The browser that looks at pages. */
export const chromium = "/usr/bin/chromium";

const areSet = (...names) => names.every((name) => Boolean(process.env[name]));

/** Every need: what to tell people of it, and whether this machine meets it. */
export const needs = {
  "shared-data": {
    reason: "needs documents that are not part of the project",
    isMet: existsSync(join(sharedDataFolder, "files", "expect.json")),
  },
  "pid-namespaces": {
    reason: "needs Linux, and the right to make PID namespaces",
    isMet:
      process.platform === "linux" && spawnSync("unshare", ["--pid", "--fork", "--mount-proc", "true"]).status === 0,
  },
  "c-compiler": {
    reason: "needs Linux, and a C compiler that is called cc",
    isMet: process.platform === "linux" && spawnSync("cc", ["--version"]).status === 0,
  },
  docker: {
    reason: "needs a Docker engine",
    isMet: spawnSync("docker", ["info"], { stdio: "ignore" }).status === 0,
  },
  superuser: {
    reason: "needs the superuser, who can become another user",
    isMet: process.getuid?.() === 0,
  },
  "pseudo-terminals": {
    reason: "needs Python 3 and pseudo-terminals, which Windows has not",
    isMet: spawnSync("python3", ["-c", "import fcntl, pty, termios; pty.openpty()"], { stdio: "ignore" }).status === 0,
  },
  chromium: {
    reason: "needs a browser: Debian's package chromium",
    isMet: existsSync(chromium),
  },
  tmux: {
    reason: "needs a terminal that can be read: Debian's package tmux",
    isMet: spawnSync("tmux", ["-V"]).status === 0,
  },
  zsh: {
    reason: "needs the shell zsh: Debian's package zsh",
    isMet: spawnSync("zsh", ["--version"]).status === 0,
  },
  fish: {
    reason: "needs the shell fish: Debian's package fish",
    isMet: spawnSync("fish", ["--version"]).status === 0,
  },
  "model-weights": {
    reason: "needs a model's weights, in the folder that RAG_TEST_MODEL_DIR names",
    isMet: areSet("RAG_TEST_MODEL_DIR"),
  },
  "embedding-server": {
    reason: "needs a server that speaks OpenAI's API and embeds",
    isMet: areSet("RAG_TEST_OPENAI_URL", "RAG_TEST_OPENAI_EMBEDDING_MODEL"),
  },
  "chat-server": {
    reason: "needs a server that speaks OpenAI's API and answers",
    isMet: areSet("RAG_TEST_OPENAI_URL", "RAG_TEST_OPENAI_CHAT_MODEL"),
  },
  "milvus-server": {
    reason: "needs a Milvus server, which RAG_TEST_MILVUS_URI names",
    isMet: areSet("RAG_TEST_MILVUS_URI"),
  },
  "server-key": {
    reason: "needs such a server that asks for a key, which is in RAG_TEST_OPENAI_KEY",
    isMet: areSet("RAG_TEST_OPENAI_KEY"),
  },
};
