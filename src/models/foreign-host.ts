import { type Server, isAllowed, isListed, isLoopback } from "../secrets/allowed-hosts.ts";
import { type ProviderRow, resolveProvider } from "./provider-facts.ts";
import { type ProviderSection, isOwnPart } from "./provider-names.ts";
import { providers } from "./providers.ts";

interface Section {
  provider?: string | undefined;
  model?: string | undefined;
  baseUrl?: string | undefined;
  apiKey?: string | undefined;
}

/**
 * The host that a section would send to on the word of its file alone; `null` for this machine, for hosts that the user
 * allows, for a provider's own host with the user's key, and where no server is meant.
 */
export function foreignModelHost(
  setting: ProviderSection,
  section: Section,
  rows: Readonly<Record<string, ProviderRow>>,
  variables: Readonly<Record<string, string | undefined>>,
): Server | null {
  const { provider, model = "", baseUrl, apiKey } = section;
  if (provider === undefined || isOwnPart(setting, provider)) return null;
  const facts = resolveProvider(provider, rows, setting);
  const address = (baseUrl ?? facts.baseUrl).replaceAll("{model}", model);
  if (!URL.canParse(address)) return null;
  const url = new URL(address);
  if (isLoopback(url.hostname) || isAllowed(url, variables)) return null;
  const isOwn = isOwnHost(url, facts.keyVariable);
  return isOwn && !isKeyOfTheFile(apiKey, variables) ? null : url;
}

/**
 * Whether a host belongs to the provider whose key a variable holds: whoever exported the key has agreed to it. Where each
 * model has a host, `*.` stands for the model alone: further down the domain, providers serve what their customers set up.
 */
export function isOwnHost(url: Server, keyVariable: string | null): boolean {
  const hosts = hostsOfKey(keyVariable);
  const parent = url.hostname.replace(/^[^.]+\./, "*.");
  return (
    hosts.includes(parent) ||
    isListed(
      url,
      hosts.filter((host) => !host.startsWith("*.")),
    )
  );
}

/** Where a variable's key is at home: the hosts of the built-in providers that read it. */
function hostsOfKey(keyVariable: string | null): string[] {
  if (keyVariable === null) return [];
  return Object.values(providers).flatMap((provider) => (provider.keyVariable === keyVariable ? provider.hosts : []));
}

/** A key that stands in the file itself opens an account that whoever wrote the file can read. */
export function isKeyOfTheFile(
  apiKey: string | undefined,
  variables: Readonly<Record<string, string | undefined>>,
): boolean {
  const key = apiKey?.trim();
  return key !== undefined && key !== "" && !Object.values(variables).some((value) => value?.trim() === key);
}
