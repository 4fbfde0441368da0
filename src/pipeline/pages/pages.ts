import { UserError } from "../../errors.ts";
import { compareCodePoints } from "../../util/compare-code-points.ts";
import type { DiscoveredFile, Discovery, DiscoveryFailure } from "../discover/discover.ts";
import { createSelection } from "../discover/selection.ts";
import { normalAddress } from "./address.ts";
import { type FetchPolicy, type FetchedPage, fetchPage } from "./fetch-page.ts";
import type { CachedPage, PageCache } from "./page-cache.ts";
import { inUtf8, mediaType, pageName } from "./page-name.ts";
import { isPrivateByName } from "./private-address.ts";
import { isSitemap, readSitemap, unpackedSitemap } from "./sitemap.ts";

export interface PagesOptions extends Omit<FetchPolicy, "mayBePrivate"> {
  /** Of pages and sitemaps, as they were named. */
  addresses: readonly string[];
  /** As in `DiscoverOptions`, applied to `host/path`. */
  include: readonly string[];
  exclude: readonly string[];
  isSupported(name: string): boolean;
  /** Whether the user trusts a host of any name to be in a private network. */
  isAllowed(host: { hostname: string; host: string }): boolean;
  cache: PageCache;
  /** Pages that the sitemaps may list together. */
  maxPages: number;
}

/** Pages fetched at the same time: few, since they are mostly of one server. */
const fetchesAtOnce = 4;

/** Sitemaps that an index may lead to. */
const maxSitemaps = 100;

/**
 * Fetches the pages of the web that were named, and those that a sitemap among them lists, as files for an ingest; their
 * sources are their addresses. A page that has not changed since the last time, by what its server says, comes from the
 * cache. Nothing else is followed: no links, no pages of another host than the sitemap's.
 *
 * Throws `UserError` `bad-address` and `too-many-pages` (exit 2). Whatever else goes wrong is the failure of its page;
 * a page that failed, and all pages of a sitemap that failed, do not count as gone.
 */
export async function discoverPages(options: PagesOptions): Promise<Discovery> {
  const { include, exclude, maxPages } = options;
  const named = [...new Set(options.addresses.map(normalAddress))];
  const namedHosts = new Set(
    named
      .map((address) => new URL(address))
      .filter(isTrusted)
      .map(({ host }) => host),
  );
  const policy: FetchPolicy = { ...options, mayBePrivate: (url) => namedHosts.has(url.host) || options.isAllowed(url) };
  const { isWanted: wants } = createSelection(include, exclude);
  const isWanted = (address: string) => wants(address.replace(/^https?:\/\//, ""));

  const files = new Map<string, DiscoveredFile>();
  const failures = new Map<string, DiscoveryFailure>();
  const warnings: string[] = [];
  /** What each sitemap speaks for: the pages below its own folder. */
  const scopes: string[] = [];
  const listed = new Set<string>();

  const attempt = async (source: string, work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      options.signal.throwIfAborted();
      if (!(error instanceof UserError) || error.code === "too-many-pages") throw error;
      const message = error.hint === null ? error.message : `${error.message}; ${error.hint}`;
      failures.set(source, { source, code: error.code, message });
    }
  };
  const take = (source: string, page: CachedPage): void => {
    const name = pageName(source, page.contentType, options.isSupported);
    if (name === null) {
      throw new UserError("unsupported-content", `the page is ${mediaType(page.contentType)}, which no loader reads`);
    }
    files.set(source, { source, path: page.path, size: page.size, name });
  };
  const list = async (address: string, bytes: Uint8Array): Promise<void> => {
    const { pages, otherHosts } = await pagesOf(address, bytes, policy, maxPages);
    for (const page of pages) if (isWanted(page)) listed.add(page);
    if (listed.size > maxPages) throw tooManyPages(address, maxPages);
    if (otherHosts > 0) {
      const what =
        otherHosts === 1 ? "1 page of another host, which was" : `${otherHosts} pages of other hosts, which were`;
      warnings.push(`${address} lists ${what} left out`);
    }
    scopes.push(new URL(".", address).href);
  };

  await forEach(named, (address) =>
    attempt(address, async () => {
      // What a sitemap lists is asked for every time: its own answer is small, and says what is gone.
      if (/\.xml(?:\.gz)?$/i.test(new URL(address).pathname)) {
        const page = await fetchPage(address, null, policy);
        const bytes = page === null ? null : await unpackedSitemap(page.bytes);
        if (page !== null && bytes !== null && isSitemap(bytes)) return list(address, bytes);
        if (page !== null) take(address, await keep(address, page));
      } else if (isWanted(address)) take(address, await current(address));
    }),
  );
  await forEach(
    [...listed].filter((page) => !files.has(page) && !failures.has(page)),
    (page) => attempt(page, async () => take(page, await current(page, (url) => url.host === new URL(page).host))),
  );

  return {
    files: [...files.values()].sort((a, b) => compareCodePoints(a.source, b.source)),
    covers: (source) =>
      isWanted(source) &&
      !failures.has(source) &&
      (named.includes(source) || scopes.some((scope) => source.startsWith(scope))),
    failures: [...failures.values()].sort((a, b) => compareCodePoints(a.source, b.source)),
    warnings: warnings.sort(compareCodePoints),
    leftOut: [],
  };

  async function current(address: string, staysOn?: (url: URL) => boolean): Promise<CachedPage> {
    const cached = await options.cache.get(address);
    const page = await fetchPage(address, cached?.validators ?? null, policy, staysOn);
    if (page !== null) return keep(address, page);
    if (cached !== null) return cached;
    throw new UserError("page-unavailable", "the server says that the page has not changed, and was not asked");
  }

  async function keep(address: string, page: FetchedPage): Promise<CachedPage> {
    return options.cache.put(address, { ...page, bytes: await inUtf8(page.bytes, page.contentType) });
  }

  function isTrusted(url: URL): boolean {
    return isPrivateByName(url.hostname);
  }
}

/** The pages that a sitemap, or the sitemaps of an index, list on its host; each once. */
async function pagesOf(
  address: string,
  bytes: Uint8Array,
  policy: FetchPolicy,
  maxPages: number,
): Promise<{ pages: string[]; otherHosts: number }> {
  const { host, protocol } = new URL(address);
  const pages = new Set<string>();
  let otherHosts = 0;
  const onHost = (found: readonly string[]): string[] =>
    found.flatMap((location) => {
      const url = URL.canParse(location) ? new URL(location) : null;
      // A site that moved to https may still list its pages with http.
      if (url?.host === host && url.protocol === "http:" && protocol === "https:") url.protocol = "https:";
      if (url?.host === host && url.protocol === protocol) return [normalAddress(url.href)];
      otherHosts += 1;
      return [];
    });
  const seen = new Set([address]);
  const waiting: { address: string; bytes: Uint8Array | null }[] = [{ address, bytes }];
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const content = next.bytes ?? (await sitemapAt(next.address, policy, host));
    const found = await readSitemap(content);
    for (const page of onHost(found.pages)) pages.add(page);
    if (pages.size > maxPages) throw tooManyPages(address, maxPages);
    for (const further of onHost(found.sitemaps)) {
      if (seen.has(further)) continue;
      if (seen.size > maxSitemaps) throw new UserError("bad-sitemap", `it leads to more than ${maxSitemaps} sitemaps`);
      seen.add(further);
      waiting.push({ address: further, bytes: null });
    }
  }
  return { pages: [...pages], otherHosts };
}

async function sitemapAt(address: string, policy: FetchPolicy, host: string): Promise<Uint8Array> {
  const page = await fetchPage(address, null, policy, (url) => url.host === host);
  return unpackedSitemap(page?.bytes ?? new Uint8Array());
}

function tooManyPages(address: string, maxPages: number): UserError {
  return new UserError("too-many-pages", `${address} lists more than ${maxPages} pages`, {
    hint: "raise ingest.maxPages, or name a sitemap of a part of the site",
  });
}

async function forEach<Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> {
  const waiting = [...items];
  const worker = async (): Promise<void> => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: fetchesAtOnce }, worker));
}
