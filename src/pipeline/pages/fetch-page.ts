import { setTimeout as sleep } from "node:timers/promises";
import { ExitCode, UserError, messageOf } from "../../errors.ts";
import { AnswerTooLarge } from "../../models/answer-limits.ts";
import { httpFetch } from "../../models/http-fetch.ts";
import { retryDelayOf } from "../../models/retry-after.ts";
import { addressOf, isPrivateAddress, publicLookup, refusePrivate } from "./private-address.ts";

/** How pages are fetched. */
export interface FetchPolicy {
  /** Whether a host may be this machine or in a private network: one that the user named. */
  mayBePrivate(host: URL): boolean;
  /** Of a page, after decompression. */
  maxBytes: number;
  /** For a page, redirects included. */
  timeoutMs: number;
  /** As servers see the tool: `name/version`. */
  userAgent: string;
  signal: AbortSignal;
}

/** What a server says of a version of a page, to be asked whether it is still the same (RFC 9110, 13.1). */
export interface Validators {
  etag: string | null;
  lastModified: string | null;
}

/** A page as a server sent it. */
export interface FetchedPage extends Validators {
  bytes: Uint8Array;
  /** The `content-type` header; empty where there is none. */
  contentType: string;
  /** Where redirects led. */
  url: string;
}

const maxRedirects = 5;
/** Times that a page is asked for again, where the server says that it is busy. */
const maxRetries = 2;
/** A server that wants to be left alone longer is not waited for. */
const longestWaitMs = 10_000;

/**
 * Fetches a page; `null` where it is the version of the validators. Redirects are followed, but not from https to http,
 * and not to a host that `staysOn` refuses.
 *
 * Throws `UserError` `page-missing`, `page-refused`, `page-unavailable`, `page-unreachable`, `page-timeout`,
 * `too-large`, `redirect-refused`, `private-address`, and what `policy.signal` was aborted with.
 */
export async function fetchPage(
  address: string,
  validators: Validators | null,
  policy: FetchPolicy,
  staysOn: (url: URL) => boolean = () => true,
): Promise<FetchedPage | null> {
  const timeout = AbortSignal.timeout(policy.timeoutMs);
  const signal = AbortSignal.any([policy.signal, timeout]);
  try {
    let url = new URL(address);
    for (let redirects = 0; ; redirects++) {
      const response = await request(url, validators, policy, signal);
      const location = response.headers.get("location");
      if (response.status < 300 || response.status >= 400 || response.status === 304 || location === null) {
        return await read(response, url, policy);
      }
      await response.body?.cancel();
      if (redirects === maxRedirects) throw redirectRefused(`redirects more than ${maxRedirects} times`);
      url = nextOf(url, location, staysOn);
    }
  } catch (error) {
    policy.signal.throwIfAborted();
    if (error instanceof UserError) throw error;
    if (timeout.aborted) {
      throw new UserError("page-timeout", `the page did not come within ${Math.round(policy.timeoutMs / 1000)} s`);
    }
    if (error instanceof AnswerTooLarge) {
      const megabytes = (policy.maxBytes / 1e6).toFixed(0);
      throw new UserError("too-large", `the page has more than the ${megabytes} MB that are read`, {
        hint: "raise ingest.maxFileMb",
      });
    }
    throw new UserError("page-unreachable", `the page cannot be fetched: ${reasonOf(error)}`, {
      exitCode: ExitCode.backend,
      cause: error,
    });
  }
}

async function request(
  url: URL,
  validators: Validators | null,
  policy: FetchPolicy,
  signal: AbortSignal,
): Promise<Response> {
  const mayBePrivate = policy.mayBePrivate(url);
  const literal = addressOf(url.hostname);
  // A name is resolved, and checked, when the connection is made.
  if (literal !== null && !mayBePrivate && isPrivateAddress(literal)) refusePrivate(url.hostname);
  const headers = new Headers({ accept: "text/html,application/xhtml+xml,*/*;q=0.8", "user-agent": policy.userAgent });
  headers.set("accept-encoding", "gzip, deflate, br");
  if (validators?.etag) headers.set("if-none-match", validators.etag);
  if (validators?.lastModified) headers.set("if-modified-since", validators.lastModified);
  for (let retries = 0; ; retries++) {
    const lookup = mayBePrivate ? {} : { lookup: publicLookup };
    const response = await httpFetch(url.href, { headers, signal, maxBytes: policy.maxBytes, ...lookup });
    const isBusy = response.status === 429 || response.status === 503;
    const waitMs = isBusy ? (retryDelayOf(response.headers, Date.now()) ?? 1000 * 2 ** retries) : Infinity;
    if (waitMs > longestWaitMs || retries === maxRetries) return response;
    await response.body?.cancel();
    await sleep(waitMs, undefined, { signal });
  }
}

function nextOf(url: URL, location: string, staysOn: (url: URL) => boolean): URL {
  const next = URL.canParse(location, url.href) ? new URL(location, url) : null;
  if (next === null || !/^https?:$/.test(next.protocol)) throw redirectRefused(`redirects to "${location}"`);
  if (url.protocol === "https:" && next.protocol === "http:") {
    throw redirectRefused(`redirects from https to http, to ${next.host}`);
  }
  if (!staysOn(next)) throw redirectRefused(`redirects to another host, ${next.host}`);
  next.username = "";
  next.password = "";
  return next;
}

function redirectRefused(what: string): UserError {
  return new UserError("redirect-refused", `the page ${what}`, { hint: "name the address that it leads to" });
}

async function read(response: Response, url: URL, { maxBytes }: FetchPolicy): Promise<FetchedPage | null> {
  if (response.status === 304) return null;
  if (!response.ok) {
    await response.body?.cancel();
    throw refusedWith(response.status);
  }
  const declared = Number(response.headers.get("content-length"));
  if (declared > maxBytes) {
    await response.body?.cancel();
    throw new AnswerTooLarge(maxBytes);
  }
  const bytes = new Uint8Array(await response.arrayBuffer());
  return {
    bytes,
    url: url.href,
    contentType: response.headers.get("content-type") ?? "",
    etag: response.headers.get("etag"),
    lastModified: response.headers.get("last-modified"),
  };
}

function refusedWith(status: number): UserError {
  if (status === 404 || status === 410) {
    return new UserError("page-missing", `there is no such page (HTTP ${status})`);
  }
  if (status === 401 || status === 403) {
    return new UserError("page-refused", `the server gives the page to no one without a login (HTTP ${status})`, {
      hint: "save the page in a browser, and ingest the file",
    });
  }
  return new UserError("page-unavailable", `the server has no answer for now (HTTP ${status})`, {
    hint: "run the same command again later",
  });
}

/** Node tells of each address that was tried, and has no message for all of them. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors[0] !== undefined) return messageOf(error.errors[0]);
  return messageOf(error);
}
