import { UserError } from "../../errors.ts";

/** Whether a path of the command line, or a source, is the address of a page of the web. */
export function isAddress(path: string): boolean {
  return /^https?:\/\//i.test(path);
}

/**
 * An address in the one form that names a document: without fragment. Throws `UserError` `bad-address`, also for one with
 * a password, which every hit would show.
 */
export function normalAddress(address: string): string {
  if (!URL.canParse(address)) {
    throw new UserError("bad-address", `"${address}" is not an address that can be fetched`);
  }
  const url = new URL(address);
  if (url.username !== "" || url.password !== "") {
    url.username = "";
    url.password = "";
    throw new UserError("bad-address", `the address of ${url.href} has a user or a password in it`, {
      hint: "a page behind a login is not fetched: save it in a browser, and ingest the file",
    });
  }
  url.hash = "";
  return url.href;
}
