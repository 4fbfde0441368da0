import { describe, expect, it } from "vitest";
import iconv from "iconv-lite";
import { htmlLoader } from "../../src/loaders/html/html.ts";

function load(html: string | Buffer) {
  return htmlLoader.load({ source: "pages/guide.html", bytes: typeof html === "string" ? Buffer.from(html) : html });
}

async function textOf(html: string): Promise<string> {
  return (await load(html)).document.pages[0]?.text ?? "";
}

describe("the text", () => {
  it("keeps headings, paragraphs and line breaks", async () => {
    const html =
      "<h1>Set <em>up</em></h1><p>One\n line<br>and  another</p><div>Loose <span>words</span><p>Next</p></div>";
    expect(await textOf(html)).toBe("# Set up\n\nOne line\nand another\n\nLoose words\n\nNext");
  });

  it("keeps lists with their nesting and numbers", async () => {
    const html = "<ol start=3><li>three<ul><li>a</li><li>b</li></ul></li><li><p>four</p><p>more</p></li></ol>";
    expect(await textOf(html)).toBe("3. three\n   - a\n   - b\n4. four\n\n   more");
  });

  it("keeps the headings of a list of parts", async () => {
    const html = "<ul><li><h2>One</h2><p>first</p></li><li><h2>Two</h2><ol><li>a</li></ol></li></ul>";
    expect(await textOf(html)).toBe("## One\n\nfirst\n\n## Two\n\n1. a");
  });

  it("keeps code with its language, its indentation and its fences", async () => {
    const html =
      '<pre><code class="language-sh"># no heading\n  echo ```\n</code></pre><p>Call <code>run`s</code>.</p>';
    expect(await textOf(html)).toBe("````sh\n# no heading\n  echo ```\n````\n\nCall `` run`s ``.");
  });

  it("keeps tables: the first row is the header, spanned cells are filled", async () => {
    const html =
      "<table><caption>Ports</caption><tr><th>Name<th>Port<th>Notes</tr><tr><td rowspan=2>a|b<td>1<td><ul><li>x<li>y</ul></tr><tr><td>2<td></tr></table>";
    expect(await textOf(html)).toBe(
      "Ports\n\n| Name | Port | Notes |\n| --- | --- | --- |\n| a\\|b | 1 | x; y |\n| a\\|b | 2 |  |",
    );
  });

  it("reads rows of names and values, and tables that only arrange the page", async () => {
    expect(await textOf("<table><tr><th>Size<td>3 MB</tr><tr><th>Date<td>today</tr></table>")).toBe(
      "- Size: 3 MB\n- Date: today",
    );
    expect(await textOf("<table><tr><td><h2>Left</h2><td><p>Right</p></tr></table>")).toBe("## Left\n\nRight");
  });

  it("keeps definition lists, quotations and formulas", async () => {
    expect(await textOf("<dl><dt>Milk<dd>white<dd>cold</dl><blockquote><p>a</p><p>b</p></blockquote>")).toBe(
      "Milk\n: white\n: cold\n\n> a\n>\n> b",
    );
    expect(await textOf('<p>so <math alttext="x^2"><mi>x</mi></math> is</p>')).toBe("so x^2 is");
  });

  it("has no scripts, styles, hidden parts, buttons, permalinks, icons or image data", async () => {
    const html =
      '<style>p{}</style><h2 id=a>Title<a class="headerlink" href="#a">¶</a></h2><p hidden>no</p><p style="display:none">no</p><img alt="logo" src="data:image/png;base64,AAAA"><img alt="a red house"><script>no()</script><button>no</button>';
    expect(await textOf(html)).toBe("## Title\n\na red house");
  });

  it("does not become Markdown that the page does not have", async () => {
    expect(await textOf("<p># not a heading</p><p>line<br>-----</p><p>&lt;h1&gt; is a tag</p>")).toBe(
      "\\# not a heading\n\nline\n\\-----\n\n\\<h1> is a tag",
    );
  });
});

const paragraphs = Array.from(
  { length: 8 },
  (_, n) => `<p>Paragraph ${n}, which is about vectors, indexes, and what a search returns, at some length.</p>`,
).join("");

describe("a page with surroundings", () => {
  it("is its article, with the heading levels of the page", async () => {
    const html = `<html><head><title>Vectors – Site</title></head><body><nav><a href=/>Home</a> Menu entry</nav><main><article><h1>Vectors</h1><h2>Usage</h2>${paragraphs}<h3>Detail</h3>${paragraphs}</article></main><footer>Imprint</footer></body></html>`;
    const text = await textOf(html);
    expect(text).toMatch(/^# Vectors\b/);
    expect(text).toContain("\n\n## Usage\n\nParagraph 0");
    expect(text).toContain("\n\n### Detail\n\nParagraph 0");
    expect(text).not.toMatch(/Menu entry|Imprint/);
  });

  it("is taken whole, without menu and footer, where no article stands out", async () => {
    const cards = Array.from({ length: 90 }, (_, n) => `<div><h3>Card ${n}</h3><span>about ${n}</span></div>`).join("");
    const text = await textOf(`<body><nav>Menu</nav><div>${paragraphs}</div>${cards}<footer>Imprint</footer></body>`);
    expect(text).toContain("### Card 89");
    expect(text).not.toMatch(/Menu|Imprint/);
  });

  it("is read whatever stands before its first tag", async () => {
    expect(await textOf("<p>Notice</p><html><head><title>T</title></head><body><p>Words</p></body></html>")).toBe(
      "Notice\n\nWords",
    );
    const { document, warnings } = await load("<!-- <html> <p>never closed");
    expect(document.pages).toEqual([{ text: "" }]);
    expect(warnings).toEqual(["the page has no text; it may be drawn by scripts"]);
  });

  it("keeps its body where scripts stand before the head", async () => {
    const text = await textOf("<!DOCTYPE html><html><script>x</script><head><title>T</title></head><body>Words</body>");
    expect(text).toBe("Words");
  });
});

it("title and metadata come from the head", async () => {
  const { document } = await load(`<html lang="en"><head>
    <title>Guide | Site</title><meta property="og:title" content="Guide &amp; more"><meta name=author content="Ada Lovelace">
    <meta name=keywords content="search, vectors,search"><meta name="description" content=" About  search. ">
    <meta property="article:published_time" content="2024-05-01T10:00:00+02:00"><meta name="dcterms.modified" content="2024-06-02">
    <meta property="og:site_name" content="Site"><link rel=canonical href="https://example.com/guide"></head><body><p>x</body></html>`);
  expect(document).toMatchObject({ title: "Guide & more", format: "html", places: "none", markup: "markdown" });
  expect(document.metadata).toEqual({
    author: "Ada Lovelace",
    created: "2024-05-01T08:00:00.000Z",
    description: "About search.",
    keywords: ["search", "vectors"],
    language: "en",
    modified: "2024-06-02",
    site: "Site",
    url: "https://example.com/guide",
  });
});

it("the encoding that the page declares is used where it is not UTF-8", async () => {
  const html = '<html><head><meta charset="windows-1251"></head><body><p>Привет, мир</p></body></html>';
  const { document, warnings } = await load(iconv.encode(html, "windows-1251"));
  expect(document.pages[0]?.text).toBe("Привет, мир");
  expect(warnings).toEqual([]);
});

it("an encoding is named as browsers take the name: ISO 8859-1 has the quotation marks of windows-1252", async () => {
  const html = '<html><head><meta charset="iso-8859-1"></head><body><p>“Grüße” für 5 €</p></body></html>';
  const { document } = await load(iconv.encode(html, "windows-1252"));
  expect(document.pages[0]?.text).toBe("“Grüße” für 5 €");
});

it("a page that scripts draw is a warning", async () => {
  const { document, warnings } = await load("<html><body><div id=root></div><script>draw()</script></body></html>");
  expect(document).toMatchObject({ title: "guide", pages: [{ text: "" }] });
  expect(warnings).toEqual(["the page has no text; it may be drawn by scripts"]);
});

it("a page that is nested without end is refused at once", async () => {
  await expect(load("<div>".repeat(200_000))).rejects.toMatchObject({ code: "unreadable-html" });
  expect(await textOf(`${"<div>".repeat(900)}deep`)).toBe("deep");
});

it.each([
  ["Install | Example Docs", "<h1>Install the server</h1>", "Install the server"],
  ["Example: Ports", "<h1>Ports</h1>", "Ports"],
  ["Example Docs", "<h1>Install the server</h1>", "Example Docs"],
  ["Install | Example Docs", "<h1>Install</h1><h1>Remove</h1>", "Install | Example Docs"],
  ["Well-known ports", "<h1>Well</h1>", "Well-known ports"],
])("the title %j over %j is %j: the name of the site is none", async (title, headings, expected) => {
  const { document } = await load(`<html><head><title>${title}</title></head><body>${headings}<p>x</p></body></html>`);
  expect(document.title).toBe(expected);
});

it("a small table in a cell is the text of the cell; a table of tables arranges the page", async () => {
  const row = (...cells: string[]) => `<tr>${cells.map((cell) => `<td>${cell}</td>`).join("")}</tr>`;
  const inner = `<table>${row("Day", "Sum")}${row("Monday", "3|4")}</table>`;
  expect(await textOf(`<table>${row("Name", "City", "Note")}${row("Ada", "London", `By day: ${inner}`)}</table>`)).toBe(
    "| Name | City | Note |\n| --- | --- | --- |\n| Ada | London | By day: Day, Sum; Monday, 3\\|4 |",
  );
  expect(await textOf(`<table>${row(inner, "Text of the page")}${row("Foot")}</table>`)).toBe(
    "| Day | Sum |\n| --- | --- |\n| Monday | 3\\|4 |\n\nText of the page\n\nFoot",
  );
});
