import { afterAll, beforeAll, expect, it } from "vitest";
import type { Hit } from "../../src/types.ts";
import { connect } from "./mcp/client.ts";
import { type Sandbox, createSandbox } from "./run-rag.ts";

let sandbox: Sandbox;
const url = "https://example.com/docs/faq#where-are-data-kept";

beforeAll(async () => {
  sandbox = await createSandbox();
  await sandbox.write({
    ".ragrc": JSON.stringify({ urls: { "docs/": "https://example.com/docs/" }, urlStyle: "docusaurus" }),
    "docs/faq.md": "# FAQ\n\n## Where are data kept?\n\nData are kept in object storage.\n",
    "notes.md": "# Notes\n\nData are kept in a drawer.\n",
  });
  expect((await sandbox.rag(["ingest", "docs", "notes.md"])).exitCode).toBe(0);
});
afterAll(() => sandbox.remove());

it("hits and citations carry the address of their page and heading", async () => {
  const { hits } = await sandbox.json<{ hits: Hit[] }>("search", "object storage");
  expect(hits.map((hit) => [hit.source, hit.url])).toContainEqual(["docs/faq.md", url]);
  const drawer = await sandbox.json<{ hits: Hit[] }>("search", "drawer");
  expect(drawer.hits[0]).not.toHaveProperty("url");
  const answer = await sandbox.json<{ hits: Hit[]; citations: { url?: string }[] }>(
    "ask",
    "Where are data kept in object storage?",
  );
  expect(answer.citations.map((citation) => citation.url)).toContain(url);
  expect(answer.hits.map((hit) => hit.url)).toContain(url);
});

it("the places that a refusal names, and a passage that is read, carry it, too", async () => {
  const question = "Which kangaroos are kept by the zoo in Melbourne?";
  const { exitCode, stdout } = await sandbox.rag(["ask", question, "--json"]);
  expect(exitCode).toBe(1);
  const { closest } = JSON.parse(stdout) as { closest: Hit[] };
  expect(closest.find(({ source }) => source === "docs/faq.md")?.url).toBe(url);
  expect((await sandbox.rag(["ask", question])).stdout).toMatch(/^docs\/faq\.md:\d+.*\n {4}https:.*are-data-kept$/m);
  const read = (place: string) => sandbox.json<{ url?: string }>("get", place);
  expect((await read("docs/faq.md#Where are data kept?")).url).toBe(url);
  expect(await read("notes.md")).not.toHaveProperty("url");
});

it("agents get it, too", async () => {
  const rag = await connect(sandbox.folder);
  try {
    const { hits } = await rag.call<{ hits: Hit[] }>("search", { query: "data kept" });
    expect(new Map(hits.map((hit) => [hit.source, hit.url]))).toEqual(
      new Map([
        ["docs/faq.md", url],
        ["notes.md", null],
      ]),
    );
    expect(await rag.call("read", { source: "docs/faq.md", section: "Where are data kept?" })).toMatchObject({ url });
    expect(await rag.call("read", { source: "notes.md" })).toMatchObject({ url: null });
  } finally {
    await rag.client.close();
  }
});

it("people see it, too", async () => {
  expect((await sandbox.rag(["search", "object storage"])).stdout).toContain(url);
  expect((await sandbox.rag(["search", "object storage", "--format", "markdown"])).stdout).toContain(`](${url})`);
  expect((await sandbox.rag(["search", "object storage", "--format", "csv"])).stdout).toContain(`,${url}`);
  expect((await sandbox.rag(["ask", "Where are data kept in object storage?"])).stdout).toMatch(
    /\[\d\] docs\/faq\.md:\d+.*\n    https:\/\/example\.com\/docs\/faq#where-are-data-kept\n/,
  );
});

it("a heading that occurs again, or has an id of its own, is linked by its anchor", async () => {
  const section = (title: string, sentence: string) => `${title}\n\n${`${sentence} `.repeat(8)}\n`;
  await sandbox.write({
    "docs/two.md": [
      "# Two\n\n## Linux\n",
      section("### Usage", "Penguins waddle along."),
      section("## Windows {#win}", "Panes shine in the sun."),
      section("### Usage", "Shutters rattle at night."),
    ].join("\n"),
  });
  expect((await sandbox.rag(["ingest", "docs", "--max-chars", "260"])).exitCode).toBe(0);
  const urlsOf = async (query: string) =>
    (await sandbox.json<{ hits: Hit[] }>("search", query)).hits
      .filter(({ source }) => source === "docs/two.md")
      .map(({ url }) => url);
  expect((await urlsOf("penguins"))[0]).toBe("https://example.com/docs/two#usage");
  expect((await urlsOf("shutters"))[0]).toBe("https://example.com/docs/two#usage-1");
  expect((await urlsOf("panes"))[0]).toBe("https://example.com/docs/two#win");
});

it("an address that is no web page is refused", async () => {
  await sandbox.write({ "bad.json": JSON.stringify({ urls: { docs: "javascript:alert(1)" } }) });
  const run = await sandbox.rag(["search", "x", "--config", "bad.json"]);
  expect(run.exitCode).toBe(2);
  expect(run.stderr).toContain("urls.docs: expected an address such as https://");
});
