/** Comma-separated hosts that the user allows keys to be sent to. */
export const allowVariable = "RAG_ALLOW_HOST";

/** A server, in the words of `URL`. */
export interface Server {
  /** Without the port. */
  hostname: string;
  /** With the port, where it is not the scheme's default. */
  host: string;
}

type Variables = Readonly<Record<string, string | undefined>>;

/** Whether it is this machine. */
export function isLoopback(hostname: string): boolean {
  return /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
}

/** The ports that addresses leave out. */
const defaultPorts = ["80", "443"];

/**
 * Whether a list of `host`, `host:port`, `*.domain` and whole addresses has the server; `*.` stands for any number of
 * labels.
 */
export function isListed(server: Server, hosts: readonly string[]): boolean {
  return hosts.some((entry) => {
    const host = hostOf(entry.trim().toLowerCase());
    if (host === "") return false;
    if (host.startsWith("*.")) return server.hostname.endsWith(host.slice(1));
    const written = server.host === server.hostname ? defaultPorts.map((port) => `${server.hostname}:${port}`) : [];
    return [server.host, server.hostname, ...written].includes(host);
  });
}

/** `https://host:port/path` is taken for its `host:port`. */
function hostOf(entry: string): string {
  return entry.includes("://") && URL.canParse(entry) ? new URL(entry).host : entry;
}

/** Whether the user has agreed to the server in `RAG_ALLOW_HOST`. */
export function isAllowed(server: Server, variables: Variables): boolean {
  return isListed(server, (variables[allowVariable] ?? "").split(","));
}

/** What to do where a server is refused: the one line that allows it. */
export function howToAllow(server: Server): string {
  return `if you trust that host: export ${allowVariable}=${server.host}`;
}
