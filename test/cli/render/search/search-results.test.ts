import { PassThrough } from "node:stream";
import { describe, expect, it, vi } from "vitest";

import { createOutput } from "../../../../src/cli/render/output.ts";
import { renderSearch } from "../../../../src/cli/render/search/search-results.ts";
import type { SearchFormat } from "../../../../src/cli/arguments/flags.ts";
import type { Hit } from "../../../../src/types.ts";
import { hitOf } from "../../../hits.ts";

async function render(
  hit: Hit,
  format: SearchFormat,
  { full = false, isTTY = false, print0 = false } = {},
): Promise<string> {
  const stdout = Object.assign(new PassThrough(), { isTTY });
  const streams = { stdout, stderr: new PassThrough() };
  const output = createOutput(streams, { json: false, quiet: false, verbose: false, color: true }, {});
  const result = { query: "ports", collection: "docs", mode: "text" as const, durationMs: 1, hits: [hit] };
  const folders = { projectRoot: "/project", workingDirectory: "/project" };
  await renderSearch(result, format, { full, conditions: { filters: [], minScore: null }, folders, print0 }, output);
  return String(stdout.read() ?? "");
}

const ports = hitOf(
  [
    "#### Which `ports` are open?",
    "",
    '<div class="note">',
    "Two, see **[the list](https://example.org/a/very/long/path)**:</li>",
    "</div>",
    "",
    "| Port | Use |",
    "| --- | :---: |",
    "| 19530 | a < b |",
  ].join("\n"),
  { heading: ["FAQ", "Which `ports` are open?"] },
);

describe("the table of a search", () => {
  it("shows a passage without marks, and its heading once", async () => {
    const lines = (await render(ports, "table")).trimEnd().split("\n");
    expect(lines[0]).toContain("FAQ › Which `ports` are open?");
    expect(lines.slice(1).join(" ").trim()).toBe("Two, see the list: Port | Use 19530 | a < b");
  });

  it("links a hit to its file on a terminal that knows links, and nowhere else", async () => {
    const hit = hitOf("A port is open.", { heading: ["FAQ"], source: "docs/a b.md", startLine: 3 });
    const link = /\u001B\]8;;(file:\/\/[!-~]*)\u0007[^\u0007]*docs\/a b\.md:3[^\u0007]*\u001B\]8;;\u0007/;
    vi.stubEnv("FORCE_HYPERLINK", "1");
    const shown = await render(hit, "table", { isTTY: true });
    expect(link.exec(shown)?.[1]).toMatch(/^file:\/\/[^/]*\/project\/docs\/a%20b\.md$/);
    expect(await render(hit, "table")).not.toContain("\u001B]8");
    const outside = hitOf("A port is open.", { source: "../../etc/passwd", startLine: 3 });
    expect(await render(outside, "table", { isTTY: true })).not.toContain("\u001B]8");
    const attack = hitOf("A \u001B]8;;https://evil.example\u0007port\u001B]8;;\u0007 is open.", { heading: ["FAQ"] });
    expect(await render(attack, "table", { isTTY: true })).not.toContain("\u001B]8;;https");
    vi.stubEnv("FORCE_HYPERLINK", "0");
    expect(await render(hit, "table", { isTTY: true })).not.toContain("\u001B]8");
    vi.unstubAllEnvs();
  });

  it("marks the words of the query on a terminal, whatever their ending", async () => {
    const yellow = (word: string) => `\u001B[33m${word}\u001B[39m`;
    const hit = hitOf("A port is open. The Ports are listed.", { heading: ["FAQ"] });
    const shown = await render(hit, "table", { isTTY: true });
    expect(shown).toContain(yellow("port"));
    expect(shown).toContain(yellow("Ports"));
    expect(await render(hit, "table")).not.toContain("\u001B");
  });

  it("shows a heading that is all there is", async () => {
    expect(await render(hitOf("# Guide\n", { heading: ["Guide"] }), "table")).toMatch(/\n\s+Guide\n$/);
  });

  it("leaves passages as they are where they are printed whole or read by programs", async () => {
    expect(await render(ports, "table", { full: true })).toContain("#### Which `ports` are open?");
    expect(JSON.parse(await render(ports, "ndjson"))).toMatchObject({ text: ports.text });
    expect(await render(ports, "csv")).toContain('<div class=""note"">');
  });
});

describe("a search as Markdown", () => {
  it("quotes every line of a passage, whatever ends it", async () => {
    const markdown = await render(hitOf("# Ports\n\nopen\r\n## More\rlast"), "markdown", { full: true });
    expect(markdown.split("\n").slice(-6)).toEqual(["> # Ports", ">", "> open", "> ## More", "> last", ""]);
  });

  it("lets no heading swallow the rest of a snippet", async () => {
    const markdown = await render(hitOf("Before.\n\n## Ports\n\nTwo are open."), "markdown");
    expect(markdown).toMatch(/\n> Before\. Ports Two are open\.\n$/);
  });

  it("holds nothing that controls a terminal, wherever it is written", async () => {
    const markdown = await render(hitOf("a\u001B[2Jb", { heading: ["x\u001B]0;y\u0007"] }), "markdown");
    expect(markdown).toContain("a\uFFFD[2Jb");
    expect(markdown).not.toMatch(/[\u0007\u001B]/);
  });
});

describe("what a terminal would act on in the name of a file", () => {
  const hit = { ...hitOf("alpha"), source: "docs/\u001B[31mred\u202E\n.md" };

  it.each(["paths", "csv"] as const)("is masked by %s on a terminal, and raw in a pipe", async (format) => {
    const shown = await render(hit, format, { isTTY: true });
    expect(shown).not.toMatch(/[\u001B\u202E]/);
    expect(shown).toContain("docs/\uFFFD[31mred\uFFFD");
    expect(await render(hit, format, { print0: format === "paths" })).toContain(hit.source);
  });

  it("does not make two paths of one on a terminal", async () => {
    expect(await render(hit, "paths", { isTTY: true })).toBe("docs/\uFFFD[31mred\uFFFD\uFFFD.md\n");
    expect(await render(hit, "paths")).toBe("docs/\u001B[31mred\u202E\uFFFD.md\n");
    expect(await render(hit, "paths", { print0: true })).toBe("docs/\u001B[31mred\u202E\n.md\0");
  });
});

describe("paths", () => {
  it("leaves an address as it is", async () => {
    expect(await render({ ...hitOf("alpha"), source: "https://example.org/a" }, "paths")).toBe(
      "https://example.org/a\n",
    );
  });
});
