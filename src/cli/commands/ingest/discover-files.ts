import path from "node:path";
import { cacheFolder } from "../../../files/user-folders.ts";
import type { Discovery } from "../../../pipeline/discover/discover.ts";
import { isAddress } from "../../../pipeline/pages/address.ts";
import { isAllowed } from "../../../secrets/allowed-hosts.ts";
import type { CommandContext } from "../../context.ts";
import { type Runtime, bytesPerMegabyte } from "../../runtime.ts";
import { toolVersion } from "../../version.ts";
import type { IngestFlags } from "./flags.ts";

/** Finds the files below the paths, and fetches the web pages among them. */
export async function discoverFiles(
  paths: readonly string[],
  flags: IngestFlags,
  runtime: Runtime,
  context: CommandContext,
): Promise<Discovery> {
  const started = performance.now();
  const { config, environment } = runtime;
  const { discover } = await import("../../../pipeline/discover/discover.ts");
  const { isSupported } = await runtime.loaders();
  const addresses = paths.filter(isAddress);
  const discovery = await discover({
    root: environment.projectRoot,
    workingDirectory: environment.workingDirectory,
    paths: paths.filter((path) => !isAddress(path)),
    include: flags.include,
    exclude: flags.exclude,
    followLinks: config.ingest.followLinks,
    isSupported,
  });
  context.output.stage("discover", performance.now() - started, `${discovery.files.length} files`);
  if (addresses.length === 0) return discovery;
  const { mergeDiscoveries } = await import("../../../pipeline/discover/merge.ts");
  return mergeDiscoveries(discovery, await fetchPages(addresses, flags, runtime, context));
}

/** How long a page may take, redirects included. */
const pageTimeoutMs = 30_000;

async function fetchPages(
  addresses: readonly string[],
  flags: IngestFlags,
  { config, environment, loaders }: Runtime,
  { output, signal }: CommandContext,
): Promise<Discovery> {
  const started = performance.now();
  const { discoverPages } = await import("../../../pipeline/pages/pages.ts");
  const { pageCache } = await import("../../../pipeline/pages/page-cache.ts");
  const { isSupported } = await loaders();
  const { variables } = environment;
  const discovery = await discoverPages({
    addresses,
    include: flags.include,
    exclude: flags.exclude,
    isSupported: (name) => isSupported(name, true),
    isAllowed: (host) => isAllowed(host, variables),
    cache: pageCache(path.join(cacheFolder(variables), "pages")),
    maxPages: config.ingest.maxPages,
    maxBytes: config.ingest.maxFileMb * bytesPerMegabyte,
    timeoutMs: pageTimeoutMs,
    userAgent: `milvus-rag/${toolVersion()}`,
    signal,
  });
  output.stage("fetch", performance.now() - started, `${discovery.files.length} pages`);
  return discovery;
}
