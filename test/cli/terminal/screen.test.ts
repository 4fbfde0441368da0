import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import stringWidth from "fast-string-width";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { done, says, stops, streams } from "../../fakes/chat-answers.ts";
import { type FakeServer, startFakeServer } from "../../fakes/openai-server.ts";
import { needing } from "../../fixtures/needs.ts";
import { type Screen, openScreen } from "./screen.ts";

// Many processes are started, one after the other.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const files = {
  "docs/storage.md":
    "# Storage\n\nMilvus keeps the segments of a collection in an object storage such as MinIO or S3, whose value is that every query node can read them at any time without asking another node, and the metadata in etcd.\n\n```sh\nfor segment in $(list_segments --collection docs --sealed); do\n    copy_segment --from object-storage --to backup --segment $segment --verify\ndone\n```\n",
  "docs/指南/数据存储与检索的完整说明.md":
    "# 数据存储\n\nMilvus 将集合的段存储在对象存储中，例如 MinIO 或 S3，查询节点按需加载它们，因此任何节点都可以在不询问其他节点的情况下随时读取它们，而元数据则保存在 etcd 中。\n",
  "docs/operations/of/clusters/backup-and-restore-of-clusters.md":
    "# Backup and restore of clusters that hold several collections in several databases\n\nA backup copies the object storage and etcd.\n",
};
const answer =
  "Milvus keeps the segments of a collection in an object storage such as MinIO or S3, whose value is that every query node can read them [1].\n\n- The metadata are kept in etcd, which the coordinators read when the cluster starts and whenever a collection changes [1].\n- 数据存储在对象存储中，查询节点按需加载它们，因此任何节点都可以随时读取它们，而元数据则保存在 etcd 中。\n";

let server: FakeServer;
/** What the model answers next. */
let isEndless = false;

beforeAll(async () => {
  const pieces = answer.match(/[\s\S]{1,3}/g) ?? [];
  const whole = streams(...pieces.map((piece) => says(piece)), stops(), done);
  const endless = streams(says("The answer begins and "), { hang: true });
  server = await startFakeServer({
    handlers: { "/v1/chat/completions": (...request) => (isEndless ? endless : whole)(...request) },
    // The probe that asks for the length of a vector is answered: the command gets to its documents.
    fault: ({ body }) =>
      isEndless && JSON.stringify(body?.["input"] ?? "").includes("etcd") ? { type: "hang" } : null,
  });
});
afterAll(() => server?.close());

function settings(): Record<string, string> {
  const providers = { near: { baseUrl: server.baseUrl, chatModel: "m", embeddingModel: "e" } };
  return {
    "near.json": JSON.stringify({ providers, llm: { provider: "near" } }),
    "slow.json": JSON.stringify({ providers, embedding: { provider: "near" }, collection: "slow" }),
  };
}

/** Words of scripts that have spaces between them, but for figures, which differ from run to run. */
function words(text: string): string[] {
  return text.split(/[\s\u3000-\u303F\uFF00-\uFFEF\p{Script=Han}]+/u).filter((word) => word !== "" && !/\d/.test(word));
}

/** Whether it is one of these words, or a part of a path or an address between two of its signs. */
function isWhole(word: string, whole: ReadonlySet<string>): boolean {
  if (whole.has(word)) return true;
  return [...whole].some((long) => {
    const at = long.length > 30 ? long.indexOf(word) : -1;
    const ends = at + word.length === long.length || /[/\-_.:]$/.test(word);
    return at !== -1 && ends && (at === 0 || /[/\-_.:]/.test(long[at - 1] ?? ""));
  });
}

describe.each([80, 160])("a terminal of %i columns", needing("tmux"), (columns) => {
  let screen: Screen;
  beforeAll(async () => {
    isEndless = false;
    screen = await openScreen({ columns }, { ...files, ...settings() }, { PAGER: "" });
    await screen.command("rag ingest docs; clear");
  });
  afterAll(() => screen?.close());

  test.each([
    'rag search "where are segments stored in object storage"',
    'rag search "copy segment verify backup" --full --top-k 2',
    'rag search "数据存储在哪里"',
    'rag ask "Where are the segments of a collection kept?" --config near.json',
    'rag ask "Where are the segments of a collection kept?" --llm extractive --show-context',
    "rag search stored --mode dense",
    "rag get docs/storage.md",
    "rag collections sources docs",
    "rag collections show docs",
    "rag ingest docs/nowhere-to-be-found/with/a/rather/long/path/in/the/middle/of/the/message/that/names/it.md",
    "rag doctor --offline",
    "rag help",
    "rag ask --help",
  ])("no line of %s is broken inside a word", async (line) => {
    const piped = await screen.command(`clear; ${line} >out.txt 2>&1; clear`);
    expect(piped.join("").trim()).toBe("");
    const whole = new Set(words(await readFile(`${screen.folder}/out.txt`, "utf8")));
    const shown = await screen.command(line);
    expect(shown.join("").trim()).not.toBe("");
    for (const shownLine of shown) expect(stringWidth(shownLine)).toBeLessThanOrEqual(columns);
    expect(words(shown.join("\n")).filter((word) => !isWhole(word, whole))).toEqual([]);
  });

  test("code keeps its indentation with --full", async () => {
    const shown = await screen.command('rag search "copy segment verify backup" --full --top-k 1');
    const loop = shown.find((line) => line.includes("for segment in")) ?? "";
    const body = shown.find((line) => line.includes("copy_segment")) ?? "";
    expect(body.indexOf("copy_segment") - loop.indexOf("for segment")).toBe(4);
  });

  test("columns stand under each other beside wide characters", async () => {
    const shown = await screen.command("rag collections sources docs");
    const head = shown.find((line) => line.startsWith("source")) ?? "";
    const rows = shown.filter((line) => line.includes(" UTC"));
    expect(rows).toHaveLength(3);
    const updated = stringWidth(head.slice(0, head.indexOf("updated")));
    for (const row of rows) expect(stringWidth(row.slice(0, row.search(/\d{4}-\d\d-\d\d/)))).toBe(updated);
  });
});

describe("a command that is interrupted", needing("tmux"), () => {
  let screen: Screen;
  beforeAll(async () => {
    isEndless = false;
    screen = await openScreen({ columns: 80 }, { ...files, ...settings() });
    await screen.command("rag ingest docs; clear");
    isEndless = true;
  });
  afterAll(() => screen?.close());

  test.each([
    ["once", 'rag ask "Where are segments kept?" --config near.json', "The answer begins", ["C-c"]],
    ["twice", 'rag ask "Where are segments kept?" --config near.json', "The answer begins", ["C-c", "C-c"]],
    ["once", "rag ingest docs --config slow.json", "documents", ["C-c"]],
    ["twice", "rag ingest docs --config slow.json", "documents", ["C-c", "C-c"]],
  ])("%s leaves the cursor and the screen whole: %s", async (_, line, begun, keys) => {
    await screen.start(`clear; ${line}; echo "ended with $?"`);
    await screen.shows(begun);
    await screen.press(...keys);
    await screen.isReady();
    const shown = await screen.lines();
    expect(await screen.state()).toEqual({
      cursorIsVisible: true,
      isAlternate: false,
      cursorColumn: shown.at(-1)!.length + 1,
    });
    // The shell leaves out the rest of the line where the signal ended the command.
    expect(shown.filter((text) => text.startsWith("ended with") && text !== "ended with 130")).toEqual([]);
    expect(shown.join("\n")).not.toMatch(/[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]/);
    expect(await screen.command("echo typed")).toEqual(["typed"]);
  });
});

describe("the pager", needing("tmux"), () => {
  let screen: Screen;
  beforeAll(async () => {
    isEndless = false;
    const many = Object.fromEntries(
      Array.from({ length: 40 }, (_, at) => [`docs/page-${at}.md`, `# Page ${at}\n\nstored\n`]),
    );
    screen = await openScreen({ columns: 80 }, { ...many, "show.sh": 'cat >"paged-$LESS.txt"\n' });
    await screen.command("rag ingest docs; clear");
  });
  afterAll(() => screen?.close());

  test("gets what is longer than the screen, and nothing else", async () => {
    const sources = "rag collections sources docs";
    expect(await screen.command(`export PAGER="sh show.sh"; clear; ${sources}`)).toEqual([]);
    expect((await screen.command("clear; grep -c docs/page paged-FRX.txt; rm paged-FRX.txt"))[0]).toBe("40");
    const whole = [`${sources} --no-pager`, `${sources} | cat`, `${sources} --json`, `PAGER= ${sources}`];
    for (const line of whole) expect((await screen.command(`clear; ${line}`)).join("")).toContain("docs/page-9.md");
    await screen.command("rag search stored -k 2");
    expect(await screen.command("clear; ls paged*")).toEqual([expect.stringContaining("No such file")]);
  });

  test("is left to answer Ctrl-C, and the terminal is whole behind it", async () => {
    await screen.command("unset PAGER");
    await screen.start("clear; LESS=R rag collections sources docs");
    await screen.shows("docs/page-1.md");
    expect((await screen.state()).isAlternate).toBe(true);
    await screen.press("C-c");
    // The terminal drops what was typed before the signal was handled.
    await sleep(500);
    await screen.press("q");
    await screen.isReady();
    expect(await screen.state()).toMatchObject({ cursorIsVisible: true, isAlternate: false });
    expect(await screen.command("clear; echo typed")).toEqual(["typed"]);
  });
});
