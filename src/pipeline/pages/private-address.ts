import { lookup as dnsLookup } from "node:dns";
import { BlockList, isIP } from "node:net";
import type { LookupFunction } from "node:net";
import { UserError } from "../../errors.ts";

/** Ranges that are no public hosts: IANA's special-purpose registries for IPv4 and IPv6 (RFC 6890), and multicast. */
const privateRanges = new BlockList();
for (const [network, prefix] of [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4],
] as const) {
  privateRanges.addSubnet(network, prefix, "ipv4");
  // The same addresses as IPv6 writes them: mapped, and behind the well-known prefix of NAT64.
  privateRanges.addSubnet(`::ffff:${network}`, 96 + prefix, "ipv6");
  privateRanges.addSubnet(`64:ff9b::${network}`, 96 + prefix, "ipv6");
}
for (const [network, prefix] of [
  ["::", 127],
  ["64:ff9b:1::", 48],
  ["2002::", 16],
  ["fc00::", 7],
  ["fe80::", 10],
  ["ff00::", 8],
] as const) {
  privateRanges.addSubnet(network, prefix, "ipv6");
}

/** Whether an IP address, without brackets, belongs to this machine or to a private network. */
export function isPrivateAddress(address: string): boolean {
  const [plain = ""] = address.split("%");
  return privateRanges.check(plain, isIP(plain) === 6 ? "ipv6" : "ipv4");
}

/**
 * Whether a host, as `URL.hostname` gives it, says by itself that it is private: an address of a private network, this
 * machine, a name without a dot, or one below a domain that no public host can have (RFC 6761, 6762, 8375; ICANN's
 * `internal`). A public name that leads to a private address says nothing of the kind.
 */
export function isPrivateByName(hostname: string): boolean {
  const address = addressOf(hostname);
  if (address !== null) return isPrivateAddress(address);
  return !hostname.includes(".") || /\.(?:localhost|local|internal|home\.arpa)\.?$/.test(hostname);
}

/** The IP address that a host is, without brackets; `null` for a name. */
export function addressOf(hostname: string): string | null {
  const plain = hostname.replace(/^\[|\]$/g, "");
  return isIP(plain) === 0 ? null : plain;
}

/** Throws `UserError` `private-address`. */
export function refusePrivate(hostname: string): never {
  throw new UserError("private-address", `${hostname} leads to this machine or a private network`, {
    hint: "such a host has to be named outright, by its address; to trust the name: RAG_ALLOW_HOST",
  });
}

/**
 * Resolves names as the system does, and refuses a name that leads to a private address. It is asked for each connection,
 * so that a name cannot lead elsewhere between the check and the connection.
 */
export const publicLookup: LookupFunction = (hostname, options, callback) => {
  dnsLookup(hostname, { ...options, all: true }, (error, addresses) => {
    if (error !== null) return callback(error, "", 0);
    const [first] = addresses;
    try {
      if (first === undefined || addresses.some(({ address }) => isPrivateAddress(address))) refusePrivate(hostname);
    } catch (refusal) {
      return callback(refusal as Error, "", 0);
    }
    if (options.all === true) return callback(null, addresses);
    return callback(null, first.address, first.family);
  });
};
