import { createHash, randomUUID } from "node:crypto";
import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { makeFolder } from "../../files/make-folder.ts";
import type { FetchedPage, Validators } from "./fetch-page.ts";

/** What the cache keeps about a page beside its bytes. */
interface Remembered extends Validators {
  contentType: string;
  /** Hash of the bytes: it shows when halves of two versions were mixed. */
  hash: string;
}

/** A page as it is kept: its bytes in a file of their own. */
export interface CachedPage {
  /** Absolute. */
  path: string;
  size: number;
  contentType: string;
  validators: Validators;
}

/**
 * Pages as they were fetched last, by their addresses, in a folder of the user's cache. Whatever is missing or damaged is
 * fetched again, so the folder can be deleted at any time.
 */
export interface PageCache {
  /** `null` where the page is not there. */
  get(address: string): Promise<CachedPage | null>;
  put(address: string, page: FetchedPage): Promise<CachedPage>;
}

/** `folder`: absolute; made where it is missing. */
export function pageCache(folder: string): PageCache {
  const fileOf = (address: string) => join(folder, digest(address));
  return {
    async get(address) {
      const path = fileOf(address);
      try {
        const { hash, contentType, etag, lastModified } = JSON.parse(
          await readFile(`${path}.json`, "utf8"),
        ) as Remembered;
        const bytes = await readFile(path);
        if (digest(bytes) !== hash) return null;
        return { path, size: bytes.length, contentType, validators: { etag, lastModified } };
      } catch {
        return null;
      }
    },
    async put(address, { bytes, contentType, etag, lastModified }) {
      const path = fileOf(address);
      await makeFolder(folder, { mode: 0o700 });
      await replace(path, bytes);
      const remembered: Remembered = { contentType, etag, lastModified, hash: digest(bytes) };
      await replace(`${path}.json`, JSON.stringify(remembered));
      return { path, size: bytes.length, contentType, validators: { etag, lastModified } };
    },
  };
}

/** Writes in one step, because another ingest may read the file at the same time. */
async function replace(path: string, content: string | Uint8Array): Promise<void> {
  const draft = `${path}.${randomUUID()}`;
  try {
    await writeFile(draft, content, { mode: 0o600, flag: "wx" });
    await rename(draft, path);
  } finally {
    await rm(draft, { force: true });
  }
}

function digest(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}
