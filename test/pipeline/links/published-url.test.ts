import { describe, expect, it } from "vitest";
import { headingAnchor } from "../../../src/pipeline/links/heading-anchor.ts";
import { anchorOf, pageAnchors } from "../../../src/pipeline/links/page-anchors.ts";
import { publishedUrl } from "../../../src/pipeline/links/published-url.ts";
import { withUrls } from "../../../src/pipeline/links/with-urls.ts";
import type { Hit, UrlStyle } from "../../../src/types.ts";

const urls = { "docs/": "https://example.com/docs/" };

function urlOf(source: string, style: UrlStyle, place: Partial<Hit> = {}, map: Record<string, string> = urls) {
  const nowhere = { heading: [], page: null, startLine: null, endLine: null, metadata: {} };
  return publishedUrl({ source, ...nowhere, ...place }, map, style);
}

describe("the address of a page", () => {
  it.each<[string, UrlStyle, string | null]>([
    ["docs/guide.md", "github", "https://example.com/docs/guide.md"],
    ["docs/a b/ü.md", "github", "https://example.com/docs/a%20b/%C3%BC.md"],
    ["docs", "github", "https://example.com/docs/"],
    ["documents/guide.md", "github", null],
    ["notes/guide.md", "github", null],
    ["docs/guide.md", "vitepress", "https://example.com/docs/guide.html"],
    ["docs/index.md", "vitepress", "https://example.com/docs/"],
    ["docs/api/index.md", "vitepress", "https://example.com/docs/api/"],
    ["docs/reindex.md", "vitepress", "https://example.com/docs/reindex.html"],
    ["docs/guide.mdx", "docusaurus", "https://example.com/docs/guide"],
    ["docs/01-start/02-intro.md", "docusaurus", "https://example.com/docs/start/intro"],
    ["docs/2024-05-01-news.md", "docusaurus", "https://example.com/docs/2024-05-01-news"],
    ["docs/1.2-notes.md", "docusaurus", "https://example.com/docs/1.2-notes"],
    ["docs/README.md", "docusaurus", "https://example.com/docs/"],
    ["docs/api/index.mdx", "docusaurus", "https://example.com/docs/api/"],
    ["docs/api/API.md", "docusaurus", "https://example.com/docs/api/"],
    ["docs/logo.pdf", "docusaurus", "https://example.com/docs/logo.pdf"],
  ])("of %s, %s, is %s", (source, style, expected) => {
    expect(urlOf(source, style)).toBe(expected);
  });

  it("follows the front matter of Docusaurus", () => {
    expect(urlOf("docs/a/b.md", "docusaurus", { metadata: { slug: "/top/c" } })).toBe("https://example.com/docs/top/c");
    expect(urlOf("docs/a/b.md", "docusaurus", { metadata: { slug: "c" } })).toBe("https://example.com/docs/a/c");
    expect(urlOf("docs/a/b.md", "docusaurus", { metadata: { slug: "/" } })).toBe("https://example.com/docs/");
    expect(urlOf("docs/a/b.md", "docusaurus", { metadata: { id: "d" } })).toBe("https://example.com/docs/a/d");
    expect(urlOf("docs/a/b.md", "github", { metadata: { slug: "c" } })).toBe("https://example.com/docs/a/b.md");
  });

  it("is that of the longest name, and a file can have its own", () => {
    const map = { ".": "https://a.example", docs: "https://b.example/x", "docs/api/one.md": "https://c.example/1" };
    expect(urlOf("readme.md", "github", {}, map)).toBe("https://a.example/readme.md");
    expect(urlOf("docs/api/two.md", "github", {}, map)).toBe("https://b.example/x/api/two.md");
    expect(urlOf("docs/api/one.md", "github", {}, map)).toBe("https://c.example/1");
    expect(urlOf("../other/x.md", "github", {}, map)).toBeNull();
  });
});

describe("the place on the page", () => {
  it("is the deepest heading of Markdown, the page of a PDF, the lines of other files on GitHub", () => {
    const heading = ["Product FAQ", "Where does Milvus store data?"];
    const anchor = "#where-does-milvus-store-data";
    expect(urlOf("docs/faq.md", "github", { heading })).toBe(`https://example.com/docs/faq.md${anchor}`);
    expect(urlOf("docs/faq.md", "docusaurus", { heading })).toBe(`https://example.com/docs/faq${anchor}`);
    expect(urlOf("docs/m.pdf", "docusaurus", { heading, page: 7 })).toBe("https://example.com/docs/m.pdf#page=7");
    expect(urlOf("docs/d.pptx", "github", { page: 7 })).toBe("https://example.com/docs/d.pptx");
    const lines = { startLine: 3, endLine: 9 };
    expect(urlOf("docs/x.py", "github", lines)).toBe("https://example.com/docs/x.py#L3-L9");
    expect(urlOf("docs/x.py", "vitepress", lines)).toBe("https://example.com/docs/x.py");
  });

  it.each<[string, UrlStyle, string]>([
    ["What's new?", "github", "whats-new"],
    ["`v-show` & v-if", "github", "v-show--v-if"],
    ["Über uns", "docusaurus", "über-uns"],
    ["数据 存储", "github", "数据-存储"],
    ["What's new?", "vitepress", "what-s-new"],
    ["v-show & v-if", "vitepress", "v-show-v-if"],
    ["Über uns", "vitepress", "uber-uns"],
    ["3 steps", "vitepress", "_3-steps"],
    ["数据 存储", "vitepress", "数据-存储"],
  ])("of %j, %s, is %j", (heading, style, expected) => {
    expect(headingAnchor(heading, style)).toBe(expected);
  });
});

describe("the anchors of a page", () => {
  const text =
    "---\ntitle: T\n---\n\n# Usage\n\n```\n# Usage\n```\n\n## Set up {#install}\n\n## Usage\n\nUsage 2\n---\n";

  it.each<[UrlStyle, string[]]>([
    ["github", ["usage", "set-up-install", "usage-1", "usage-2"]],
    ["docusaurus", ["usage", "install", "usage-1", "usage-2"]],
    ["vitepress", ["usage", "install", "usage-1", "usage-2"]],
  ])("of %s are unique, and an author's own where the site reads them", async (style, expected) => {
    const anchors = await pageAnchors(text, false, style);
    expect(anchors.map(({ anchor }) => anchor)).toEqual(expected);
    expect(anchors.map(({ heading, line }) => [heading, line])).toEqual([
      ["Usage", 5],
      ["Set up", 11],
      ["Usage", 13],
      ["Usage 2", 15],
    ]);
  });

  it("are those of the heading above the passage, else of one in it", async () => {
    const anchors = await pageAnchors(text, false, "docusaurus");
    const at = (startLine: number | null, endLine: number | null, ...heading: string[]) =>
      anchorOf({ heading, startLine, endLine }, anchors);
    expect(at(6, 9, "Usage")).toBe("usage");
    expect(at(13, 14, "Usage")).toBe("usage-1");
    expect(at(1, 12, "Set up")).toBe("install");
    expect(at(6, 9, "Gone")).toBeNull();
    expect(at(null, null, "Usage")).toBeNull();
  });
});

it("hits and citations get it, those of other sources stay as they are", async () => {
  const hit = (source: string): Hit => ({
    rank: 1,
    score: 1,
    scores: { dense: null, text: 1, rerank: null },
    id: source,
    source,
    title: "",
    heading: ["H"],
    headings: [],
    page: null,
    startLine: 1,
    endLine: 2,
    text: "",
    metadata: { slug: "s" },
  });
  const citation = {
    n: 1,
    heading: ["H"],
    page: null,
    startLine: 1,
    endLine: 1,
    quote: "",
    verified: true,
    supported: true,
    why: null,
  };
  const found = { hits: [hit("docs/a.md"), hit("b.md")], citations: [{ ...citation, source: "docs/a.md" }] };
  const { hits, citations } = await withUrls(found, { urls, urlStyle: "docusaurus", projectRoot: "/no/such/folder" });
  const url = "https://example.com/docs/s#h";
  expect(hits).toEqual([{ ...found.hits[0], url }, found.hits[1]]);
  expect(citations).toEqual([{ ...found.citations[0], url }]);
  expect(await withUrls(found, { urls: {}, urlStyle: "github", projectRoot: "/" })).toBe(found);
});
