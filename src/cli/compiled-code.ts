import { lstatSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import nodeModule, { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { Script } from "node:vm";
import { threadId } from "node:worker_threads";
import { crc32 } from "node:zlib";
import { makeFolderSync } from "../files/make-folder.ts";
import { cacheFolder } from "../files/user-folders.ts";
import { toolVersion } from "./version.ts";

type Variables = Readonly<Record<string, string | undefined>>;

/** What `node:module` has since Node 22.1. */
interface NewerNode {
  enableCompileCache?(folder: string): unknown;
}

/** What Node does with a file that is required. */
type Loader = (module: NodeJS.Module, file: string) => void;

interface NewlyCompiled {
  script: Script;
  /** Where its compiled form is to be kept. */
  kept: string;
}

/** What Node puts around a CommonJS module. */
const wrapper = ["(function (exports, require, module, __filename, __dirname) { ", "\n})"] as const;
const CHECKSUM_BYTES = 4;
const UNUSED_DAYS = 30;

/**
 * Keeps what V8 makes of the bundles in `folder` in the cache folder, so that the next run need not compile them: by
 * Node's own compile cache where the version has one (22.1 and later), otherwise by our own. It is off where
 * `NODE_DISABLE_COMPILE_CACHE` is set, as Node's is. Never throws: where nothing can be read or written, code is
 * compiled.
 */
export function keepCompiledCode(folder: string, variables: Variables): void {
  if (variables["NODE_DISABLE_COMPILE_CACHE"]) return;
  try {
    const cache = versionFolder(join(cacheFolder(variables), "compiled"));
    const { enableCompileCache } = nodeModule as NewerNode;
    if (enableCompileCache !== undefined) enableCompileCache(cache);
    else keepByScript(folder, join(cache, `${process.version}-${process.arch}`));
  } catch {
    // E.g. a cache folder that cannot be made.
  }
}

/**
 * The part of the cache that belongs to this version of the tool. When it is made, the parts of versions that were not
 * written to for a month are removed. Throws where other users could write to it: compiled code is run as it is.
 */
function versionFolder(all: string): string {
  const folder = join(all, toolVersion());
  if (makeFolderSync(folder, { mode: 0o700 })) {
    for (const name of readdirSync(all)) {
      const age = Date.now() - statSync(join(all, name)).mtimeMs;
      if (age > UNUSED_DAYS * 24 * 60 * 60 * 1000) rmSync(join(all, name), { recursive: true, force: true });
    }
  }
  const status = lstatSync(folder);
  const isOurs = process.getuid === undefined || (status.uid === process.getuid() && (status.mode & 0o022) === 0);
  if (!status.isDirectory() || !isOurs) throw new Error(`${folder} is not safe to run code from`);
  return folder;
}

/** Takes over how `.cjs` files of `folder` are loaded; new compiled forms are written when the process ends. */
function keepByScript(folder: string, cache: string): void {
  const { extensions } = createRequire(import.meta.url);
  const usual = (extensions[".cjs"] ?? extensions[".js"]) as Loader;
  const fresh: NewlyCompiled[] = [];
  const load: Loader = (module, file) => {
    if (dirname(file) !== folder) return usual(module, file);
    const source = readFileSync(file, "utf8");
    // A script that V8 read from its compiled form cannot import: Node is not asked who does.
    if (source.includes("import(")) return usual(module, file);
    // The name has the hash of the contents.
    const kept = join(cache, basename(file));
    const { script, isFresh } = compile(file, source, readKept(kept));
    if (isFresh) fresh.push({ script, kept });
    const body = script.runInThisContext() as (...parts: unknown[]) => void;
    body.call(module.exports, module.exports, createRequire(file), module, file, folder);
  };
  extensions[".cjs"] = load;
  process.on("exit", () => {
    try {
      if (fresh.length > 0) makeFolderSync(cache, { mode: 0o700 });
      for (const { script, kept } of fresh) writeKept(kept, script.createCachedData());
    } catch {
      // A disk that is full, a home that is read-only: the next run compiles again.
    }
  });
}

function compile(file: string, source: string, cachedData: Buffer | undefined): { script: Script; isFresh: boolean } {
  const [before, after] = wrapper;
  const script = new Script(before + source + after, {
    filename: file,
    // Positions in stack traces are those of the file.
    columnOffset: -before.length,
    cachedData,
  });
  return { script, isFresh: script.cachedDataRejected !== false };
}

/** `undefined` where nothing is kept, or where it is damaged: V8 itself only checks what version it is from. */
function readKept(kept: string): Buffer | undefined {
  try {
    const bytes = readFileSync(kept);
    const data = bytes.subarray(CHECKSUM_BYTES);
    return bytes.readUInt32LE(0) === crc32(data) ? data : undefined;
  } catch {
    return undefined;
  }
}

/** Written beside and moved into place, so that no other run reads half of it. */
function writeKept(kept: string, data: Buffer): void {
  const head = Buffer.alloc(CHECKSUM_BYTES);
  head.writeUInt32LE(crc32(data));
  const beside = `${kept}.${process.pid}-${threadId}`;
  writeFileSync(beside, Buffer.concat([head, data]), { mode: 0o600 });
  renameSync(beside, kept);
}
