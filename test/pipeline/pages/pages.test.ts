import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { isSupported } from "../../../src/loaders/loader-for-file.ts";
import type { Discovery } from "../../../src/pipeline/discover/discover.ts";
import { pageCache } from "../../../src/pipeline/pages/page-cache.ts";
import { type PagesOptions, discoverPages } from "../../../src/pipeline/pages/pages.ts";
import { isPrivateAddress, isPrivateByName } from "../../../src/pipeline/pages/private-address.ts";
import { type WebServer, page, redirect, sitemap, startWebServer } from "../../fixtures/web-server.ts";

let folder: string;
let server: WebServer;
let pages: Parameters<typeof startWebServer>[0];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "rag-pages-"));
  pages = {};
  server = await startWebServer(pages);
});
afterEach(async () => {
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

function find(paths: readonly string[], options: Partial<PagesOptions> = {}): Promise<Discovery> {
  return discoverPages({
    addresses: paths.map((path) => (path.startsWith("/") ? server.origin + path : path)),
    include: [],
    exclude: [],
    isSupported: (name) => isSupported(name, true),
    isAllowed: () => false,
    cache: pageCache(join(folder, "pages")),
    maxPages: 100,
    maxBytes: 100_000,
    timeoutMs: 10_000,
    userAgent: "test/1",
    signal: new AbortController().signal,
    ...options,
  });
}

const pathsOf = (discovery: Discovery) => discovery.files.map(({ source }) => source.slice(server.origin.length));
const failuresOf = (discovery: Discovery) =>
  discovery.failures.map(({ source, code }) => [source.slice(server.origin.length), code]);

describe("a page", () => {
  it("is a file whose source is its address, without the fragment, each once", async () => {
    pages["/a?x=1"] = page("<h1>A</h1>");
    const { files, failures } = await find(["/a?x=1", "/a?x=1#part"]);
    expect(failures).toEqual([]);
    expect(files).toMatchObject([{ source: `${server.origin}/a?x=1`, size: 10, name: "a.html" }]);
    expect(await readFile(files[0]?.path ?? "", "utf8")).toBe("<h1>A</h1>");
    expect(server.log).toEqual(["/a?x=1 200"]);
  });

  it("is asked for again with what the server said of its version, and not sent twice", async () => {
    pages["/a"] = page("one", { etag: '"1"' });
    await find(["/a"]);
    const again = await find(["/a"]);
    expect(server.log).toEqual(["/a 200", "/a 304"]);
    expect(await readFile(again.files[0]?.path ?? "", "utf8")).toBe("one");
    pages["/a"] = page("two", { etag: '"2"' });
    const changed = await find(["/a"]);
    expect(await readFile(changed.files[0]?.path ?? "", "utf8")).toBe("two");
    // A damaged cache is no cache.
    await writeFile(changed.files[0]?.path ?? "", "thr");
    expect(await readFile((await find(["/a"])).files[0]?.path ?? "", "utf8")).toBe("two");
    expect(server.log.slice(2)).toEqual(["/a 200", "/a 200"]);
  });

  it.each([
    ["/a", "text/html", "a.html"],
    ["/", "text/html; charset=utf-8", "index.html"],
    ["/a.php", "text/html", "a.php.html"],
    ["/guide.md", "text/plain", "guide.md"],
    ["/notes", "text/plain", "notes.txt"],
    ["/report", "application/pdf", "report.pdf"],
    ["/book.epub", "application/octet-stream", "book.epub"],
    ["/x.yaml", "application/yaml", "x.yaml"],
    ["/style", "text/css", "style.txt"],
  ])("%s as %s is read as %s", async (path, type, name) => {
    pages[path] = page("text", { "content-type": type });
    expect((await find([path])).files).toMatchObject([{ name }]);
  });

  it.each([
    ["windows-1251", [0xcf, 0xf0], "Пр"],
    ["windows-1252", [0x93, 0x80, 0x94], "“€”"],
    ["ISO-8859-1", [0x93, 0xe4, 0x94], "“ä”"],
    ["x-nobody-knows", [0x61], null],
  ])("in another encoding, by its header %s, is kept in UTF-8", async (charset, bytes, text) => {
    pages["/a"] = (_, response) =>
      void response.writeHead(200, { "content-type": `text/plain; charset=${charset}` }).end(Buffer.from(bytes));
    const expected = text === null ? "a" : `\uFEFF${text}`;
    expect(await readFile((await find(["/a"])).files[0]?.path ?? "", "utf8")).toBe(expected);
  });

  it("that cannot be had is a failure, and does not count as gone", async () => {
    pages["/login"] = (_, response) => void response.writeHead(403).end();
    pages["/broken"] = (_, response) => void response.writeHead(500).end();
    pages["/image"] = page("x", { "content-type": "image/png" });
    pages["/large"] = page("x".repeat(200_000));
    pages["/bomb"] = (_, response) =>
      void response
        .writeHead(200, { "content-type": "text/html", "content-encoding": "gzip" })
        .end(gzipSync(Buffer.alloc(1_000_000)));
    pages["/cut"] = (_, response) => {
      response.writeHead(200, { "content-length": "1000" }).write("half");
      setTimeout(() => response.destroy(), 50);
    };
    pages["/fine"] = page("fine");
    const discovery = await find(["/none", "/login", "/broken", "/image", "/large", "/bomb", "/cut", "/fine"]);
    expect(pathsOf(discovery)).toEqual(["/fine"]);
    expect(failuresOf(discovery)).toEqual([
      ["/bomb", "too-large"],
      ["/broken", "page-unavailable"],
      ["/cut", "page-unreachable"],
      ["/image", "unsupported-content"],
      ["/large", "too-large"],
      ["/login", "page-refused"],
      ["/none", "page-missing"],
    ]);
    expect(discovery.covers(`${server.origin}/none`)).toBe(false);
    expect(discovery.covers(`${server.origin}/fine`)).toBe(true);
    expect(discovery.covers(`${server.origin}/other`)).toBe(false);
  });

  it("that does not come is a failure after its time, and Ctrl-C ends the waiting at once", async () => {
    pages["/hang"] = () => {};
    expect(failuresOf(await find(["/hang"], { timeoutMs: 200 }))).toEqual([["/hang", "page-timeout"]]);
    const abort = new AbortController();
    const reason = new Error("enough");
    setTimeout(() => abort.abort(reason), 100);
    await expect(find(["/hang"], { signal: abort.signal })).rejects.toBe(reason);
  });

  it("is asked for again where the server is busy for a moment", async () => {
    let asked = 0;
    pages["/busy"] = (request, response) => {
      asked += 1;
      if (asked === 1) response.writeHead(429, { "retry-after": "0" }).end();
      else page("done")(request, response);
    };
    expect(pathsOf(await find(["/busy"]))).toEqual(["/busy"]);
  });

  it("with a password in its address is refused before anything is fetched", async () => {
    const address = server.origin.replace("//", "//user:secret@");
    const refusal = find([`${address}/a`]);
    await expect(refusal).rejects.toMatchObject({ code: "bad-address", exitCode: 2 });
    await expect(refusal).rejects.not.toThrow("secret");
  });
});

describe("a redirect", () => {
  it("is followed some times, and the source stays the address that was named", async () => {
    pages["/a"] = redirect("/b");
    pages["/b"] = redirect("c.md");
    pages["/c.md"] = page("# C", { "content-type": "text/markdown" });
    expect((await find(["/a"])).files).toMatchObject([{ source: `${server.origin}/a`, name: "a.md" }]);
    pages["/loop"] = redirect("/loop");
    expect(failuresOf(await find(["/loop"]))).toEqual([["/loop", "redirect-refused"]]);
  });

  it("leads to no file, and to no private address that was not named", async () => {
    const other = await startWebServer({ "/secret": page("secret") });
    try {
      pages["/file"] = redirect("file:///etc/passwd");
      pages["/other"] = redirect(`${other.origin}/secret`);
      pages["/name"] = redirect(`${other.origin.replace("127.0.0.1", "localhost")}/secret`);
      pages["/meta"] = redirect("http://169.254.169.254/latest");
      pages["/mapped"] = redirect("http://[::ffff:127.0.0.1]/");
      expect(failuresOf(await find(["/file", "/other", "/name", "/meta", "/mapped"]))).toEqual([
        ["/file", "redirect-refused"],
        ["/mapped", "private-address"],
        ["/meta", "private-address"],
        ["/name", "private-address"],
        ["/other", "private-address"],
      ]);
      expect(other.log).toEqual([]);
      expect(pathsOf(await find(["/other"], { isAllowed: () => true }))).toEqual(["/other"]);
    } finally {
      await other.close();
    }
  });
});

describe("a sitemap", () => {
  it("brings its pages, and those of the sitemaps in it, on its host", async () => {
    const { origin } = server;
    pages["/sitemap.xml"] = sitemap(
      [`${origin}/en.xml`, `${origin}/packed.xml.gz`, "https://other.example/s.xml"],
      "sitemapindex",
    );
    pages["/en.xml"] = sitemap([`${origin}/a?x=1&y=2`, `${origin}/b`, `${origin}/b#x`, "https://other.example/c"]);
    pages["/packed.xml.gz"] = (_, response) =>
      void response
        .writeHead(200, { "content-type": "application/gzip" })
        .end(gzipSync(`<urlset><url><loc><![CDATA[${origin}/d]]></loc></url></urlset>`));
    for (const path of ["/a?x=1&y=2", "/b", "/d"]) pages[path] = page(`<a href="/unlisted">${path}</a>`);
    const discovery = await find(["/sitemap.xml"]);
    expect(discovery.failures).toEqual([]);
    expect(pathsOf(discovery)).toEqual(["/a?x=1&y=2", "/b", "/d"]);
    expect(discovery.warnings).toEqual([`${origin}/sitemap.xml lists 2 pages of other hosts, which were left out`]);
    expect(server.log.some((line) => line.startsWith("/unlisted"))).toBe(false);
  });

  it("counts a single page of another host as one", async () => {
    pages["/sitemap.xml"] = sitemap([`${server.origin}/a`, "https://other.example/c"]);
    pages["/a"] = page("a");
    const { warnings } = await find(["/sitemap.xml"]);
    expect(warnings).toEqual([`${server.origin}/sitemap.xml lists 1 page of another host, which was left out`]);
  });

  it("speaks for the pages below its folder: one that it does not list is gone, one that failed is not", async () => {
    const { origin } = server;
    pages["/docs/sitemap.xml"] = sitemap([`${origin}/docs/a`, `${origin}/docs/broken`, `${origin}/docs/drafts/b`]);
    pages["/docs/a"] = page("a");
    pages["/docs/drafts/b"] = page("b");
    const discovery = await find(["/docs/sitemap.xml"], { exclude: ["drafts/"] });
    expect(pathsOf(discovery)).toEqual(["/docs/a"]);
    expect(failuresOf(discovery)).toEqual([["/docs/broken", "page-missing"]]);
    const covered = (path: string) => discovery.covers(origin + path);
    expect(["/docs/gone", "/docs/broken", "/docs/drafts/b", "/blog/x"].map(covered)).toEqual([
      true,
      false,
      false,
      false,
    ]);
    expect(discovery.covers("docs/gone.md")).toBe(false);
    delete pages["/docs/sitemap.xml"];
    const failed = await find(["/docs/sitemap.xml"]);
    expect(failuresOf(failed)).toEqual([["/docs/sitemap.xml", "page-missing"]]);
    expect(failed.covers(`${origin}/docs/gone`)).toBe(false);
  });

  it("of too many pages is refused as a whole, and one that is broken is a failure", async () => {
    pages["/sitemap.xml"] = sitemap(Array.from({ length: 5 }, (_, index) => `${server.origin}/${index}`));
    await expect(find(["/sitemap.xml"], { maxPages: 4 })).rejects.toMatchObject({
      code: "too-many-pages",
      exitCode: 2,
    });
    expect(server.log).toEqual(["/sitemap.xml 200"]);
    pages["/sitemap.xml"] = page("<urlset><url><loc>x</urlset>", { "content-type": "text/xml" });
    expect(failuresOf(await find(["/sitemap.xml"]))).toEqual([["/sitemap.xml", "bad-sitemap"]]);
  });
});

describe("private addresses", () => {
  it.each([
    ["127.0.0.1", true],
    ["10.1.2.3", true],
    ["172.31.0.1", true],
    ["172.32.0.1", false],
    ["192.168.1.1", true],
    ["169.254.169.254", true],
    ["100.64.0.1", true],
    ["0.0.0.0", true],
    ["8.8.8.8", false],
    ["::1", true],
    ["::", true],
    ["fe80::1%eth0", true],
    ["fd00::1", true],
    ["::ffff:10.0.0.1", true],
    ["::ffff:8.8.8.8", false],
    ["64:ff9b::a00:1", true],
    ["2606:4700::1", false],
  ])("%s: %s", (address, expected) => {
    expect(isPrivateAddress(address)).toBe(expected);
  });

  it.each([
    ["localhost", true],
    ["wiki", true],
    ["wiki.local", true],
    ["a.internal", true],
    ["[::1]", true],
    ["example.com", false],
    ["local.example.com", false],
    ["93.184.216.34", false],
  ])("by name, %s: %s", (hostname, expected) => {
    expect(isPrivateByName(hostname)).toBe(expected);
  });
});
