import { afterEach, beforeEach, expect, it } from "vitest";
import type { IngestReport } from "../../src/cli/render/ingest/summary.ts";
import type { Hit } from "../../src/types.ts";
import { type WebServer, page, sitemap, startWebServer } from "../fixtures/web-server.ts";
import { type Sandbox, createSandbox } from "./run-rag.ts";

let sandbox: Sandbox;
let server: WebServer;
let pages: Parameters<typeof startWebServer>[0];

beforeEach(async () => {
  sandbox = await createSandbox();
  pages = {};
  server = await startWebServer(pages);
});
afterEach(async () => {
  await server.close();
  await sandbox.remove();
});

const article = (title: string, text: string) =>
  `<!doctype html><title>${title}</title><body><article><h1>${title}</h1><p>${text}</p></article></body>`;
const sourcesOf = async () =>
  (await sandbox.json<{ sources: { source: string }[] }>("collections", "sources", "docs")).sources.map(
    ({ source }) => source,
  );

it("a page is ingested under its address, and again only where it has changed", async () => {
  const address = `${server.origin}/guide`;
  pages["/guide"] = page(article("Guide", "Carburetors mix air and fuel."), { etag: '"1"' });
  const first = await sandbox.json<IngestReport>("ingest", address);
  expect(first).toMatchObject({ documents: { found: 1, added: 1 }, failures: [] });
  expect((await sandbox.json<IngestReport>("ingest", address)).documents).toMatchObject({ unchanged: 1, added: 0 });
  expect(server.log).toEqual(["/guide 200", "/guide 304"]);
  const { hits } = await sandbox.json<{ hits: Hit[] }>("search", "carburetors");
  expect(hits[0]).toMatchObject({ source: address, title: "Guide", heading: ["Guide"] });
  pages["/guide"] = page(article("Guide", "Carburetors are gone."), { etag: '"2"' });
  expect((await sandbox.json<IngestReport>("ingest", address)).documents).toMatchObject({ changed: 1 });
  // Other settings make another document of the same page, which is not sent again.
  const cut = await sandbox.json<IngestReport>("ingest", address, "--max-chars", "200");
  expect(cut.documents).toMatchObject({ changed: 1 });
  expect(server.log.slice(2)).toEqual(["/guide 200", "/guide 304"]);
});

it("a sitemap is a folder of pages: what it does not list any more is removed, what fails stays", async () => {
  const { origin } = server;
  await sandbox.write({ "notes.md": "# Notes\n", "list.txt": `notes.md\n${origin}/sitemap.xml\n` });
  pages["/sitemap.xml"] = sitemap([`${origin}/a`, `${origin}/b`, `${origin}/c`]);
  for (const name of ["a", "b", "c"]) pages[`/${name}`] = page(article(name, `Page ${name} has words.`));
  expect((await sandbox.json<IngestReport>("ingest", "--files-from", "list.txt")).documents.added).toBe(4);
  pages["/sitemap.xml"] = sitemap([`${origin}/a`, `${origin}/b`]);
  delete pages["/b"];
  const run = await sandbox.rag(["ingest", `${origin}/sitemap.xml`, "--json"]);
  expect(run.exitCode).toBe(3);
  expect(JSON.parse(run.stdout)).toMatchObject({
    documents: { unchanged: 1, removed: 1, failed: 1 },
    failures: [{ source: `${origin}/b`, code: "page-missing" }],
  });
  expect((await sourcesOf()).sort()).toEqual([`${origin}/a`, `${origin}/b`, "notes.md"].sort());
  // The folder around everything says nothing of pages.
  expect((await sandbox.json<IngestReport>("ingest", ".")).documents.removed).toBe(0);
  expect(await sourcesOf()).toHaveLength(4);
});

it("a dry run plans pages by their host, and a wrong address is wrong usage", async () => {
  pages["/a"] = page(article("A", "Some words."));
  const { plan } = await sandbox.json<IngestReport>("ingest", `${server.origin}/a`, "--dry-run");
  expect(plan?.byFolder).toMatchObject([{ folder: new URL(server.origin).host, documents: 1 }]);
  expect(await sandbox.rag(["ingest", "https://"])).toMatchObject({ exitCode: 2 });
});
