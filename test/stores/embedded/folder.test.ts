import { chmod, mkdir, mkdtemp, readFile, readdir, rename, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ExitCode } from "../../../src/errors.ts";
import { openEmbeddedStore } from "../../../src/stores/embedded/store.ts";
import type { NewManifest, Store } from "../../../src/stores/types.ts";
import { documentChunks } from "../../fixtures/chunks.ts";
import { openOwn } from "../../fixtures/collections.ts";
import { needing } from "../../fixtures/needs.ts";

const manifest: NewManifest = {
  embedding: null,
  metric: "cosine",
  chunking: {},
  toolVersion: "0",
  createdAt: "",
};

let root: string;
let store: Store;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "rag-folder-"));
  store = openEmbeddedStore({ path: join(root, ".rag"), location: ".rag" });
});
afterEach(async () => {
  await store.close();
  await rm(root, { recursive: true, force: true });
});

test("a folder that nothing was written into yet gets its .gitignore, and no other", async () => {
  const folder = join(root, ".rag");
  for (const left of [[], [".gitignore"]]) {
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder);
    for (const name of left) await writeFile(join(folder, name), "");
    await store.create("docs", manifest);
    expect(await readFile(join(folder, ".gitignore"), "utf8")).toBe("*\n");
    await rm(join(folder, ".gitignore"));
    await store.create("other", manifest);
    expect(await readdir(folder)).toEqual(["docs.lance", "other.lance"]);
  }
});

/** Each way to come at a store that needs to look into it. */
const ways: [name: string, go: () => Promise<unknown>][] = [
  ["list", () => store.list()],
  ["open", () => store.open("docs")],
  ["create", () => store.create("docs", manifest)],
  ["lock", () => store.lockForWriting("docs", "ingest")],
];

/** The failure that says this. */
function unusable(says: string): object {
  return {
    code: "store-unusable",
    exitCode: ExitCode.backend,
    message: expect.stringContaining(says) as string,
    hint: expect.stringMatching(/\w/) as string,
  };
}

// Windows has no permissions that a test could take away, and its links are another matter.
describe.skipIf(process.seteuid === undefined)("a store folder that cannot be used", () => {
  const user = process.geteuid?.() ?? 0;
  const nobody = 65_534;

  /** The superuser reads every folder, whatever its permissions are. */
  async function withoutRights(path: string, body: () => Promise<void>): Promise<void> {
    await chmod(root, 0o755);
    await chmod(path, 0);
    if (user === 0) process.seteuid?.(nobody);
    try {
      await body();
    } finally {
      if (user === 0) process.seteuid?.(user);
      await chmod(path, 0o755);
    }
  }

  beforeEach(async () => {
    const docs = await store.create("docs", manifest);
    await docs.upsert(documentChunks("a.md", ["alpha"]));
    await store.create("other", manifest);
  });

  test.each(ways)("%s: without the rights to it", async (_, go) => {
    await withoutRights(join(root, ".rag"), async () => {
      await expect(go()).rejects.toMatchObject(
        unusable("the store folder .rag cannot be used: EACCES: permission denied"),
      );
      await expect(go()).rejects.toMatchObject(unusable(join(root, ".rag")));
    });
  });

  test.each(ways.filter(([name]) => name === "open" || name === "create"))(
    "%s: without the rights to the collection",
    async (_, go) => {
      const table = join(root, ".rag/docs.lance");
      await withoutRights(table, async () => {
        await expect(go()).rejects.toMatchObject(unusable(table));
        await expect(go()).rejects.toMatchObject(unusable("permission denied"));
        // The others are still there for whoever asks.
        expect(await store.list()).toEqual(["docs", "other"]);
        expect(await (await openOwn(store, "other")).countChunks()).toBe(0);
      });
    },
  );

  test("a link in the collection is seen beside a folder that cannot be listed", async () => {
    const [table, elsewhere] = [join(root, ".rag/docs.lance"), join(root, "elsewhere")];
    await rename(join(table, "data"), elsewhere);
    await symlink(elsewhere, join(table, "data"));
    const unlisted = join(table, "aaa");
    await mkdir(unlisted);
    await withoutRights(unlisted, async () => {
      await expect(store.open("docs")).rejects.toMatchObject(unusable("cannot be used"));
    });
  });

  test("a link in the collection is seen beside a path that is too long for the system", async () => {
    const [table, elsewhere] = [join(root, ".rag/docs.lance"), join(root, "elsewhere")];
    await rename(join(table, "data"), elsewhere);
    await symlink(elsewhere, join(table, "data"));
    const long = (folders: number): string => join(...Array.from({ length: folders }, () => "a".repeat(200)));
    await mkdir(join(table, long(10)), { recursive: true });
    const [deep, place] = [join(root, "deep"), join(table, long(10), "deep")];
    await mkdir(join(deep, long(15)), { recursive: true });
    await rename(deep, place);
    try {
      await expect(store.open("docs")).rejects.toMatchObject(unusable("data is a link"));
    } finally {
      // By its whole path, nobody could remove it.
      await rename(place, deep);
    }
  });

  test("without the rights to a file of the collection, it is not called damaged", async () => {
    const versions = join(root, ".rag/docs.lance/_versions");
    for (const name of await readdir(versions)) await chmod(join(versions, name), 0);
    // One that has not read them before.
    const fresh = openEmbeddedStore({ path: join(root, ".rag"), location: ".rag" });
    await chmod(root, 0o755);
    if (user === 0) process.seteuid?.(nobody);
    try {
      await expect(fresh.open("docs")).rejects.toMatchObject(unusable("_versions"));
      await expect(fresh.open("docs")).rejects.toThrow(/^[^\n]*Permission denied \(os error 13\)$/);
    } finally {
      if (user === 0) process.seteuid?.(user);
      await fresh.close();
    }
  });
});

describe("a store that the superuser made", needing("superuser"), () => {
  const nobody = 65_534;
  const search = { mode: "text", text: "alpha", vector: null, limit: 5, filters: [] } as const;

  /** Runs as a user who has no rights of the superuser, on a store that has read nothing yet. */
  async function asNobody(body: (store: Store) => Promise<void>): Promise<void> {
    const fresh = openEmbeddedStore({ path: join(root, ".rag"), location: ".rag" });
    await chmod(root, 0o755);
    process.seteuid?.(nobody);
    try {
      await body(fresh);
    } finally {
      process.seteuid?.(0);
      await fresh.close();
    }
  }

  async function fill(umask: number): Promise<void> {
    const own = process.umask(umask);
    try {
      const docs = await store.create("docs", manifest);
      await docs.upsert(documentChunks("a.md", ["alpha"]));
      await docs.optimize();
      await docs.upsert(documentChunks("b.md", ["alpha and beta"]));
    } finally {
      process.umask(own);
    }
  }

  test("is searched by other users, also before the ingest has ended", async () => {
    await fill(0o022);
    await asNobody(async (fresh) => {
      const docs = await openOwn(fresh, "docs");
      expect(await docs.search({ ...search, filters: [] })).toHaveLength(2);
      expect(await docs.documents()).toHaveLength(2);
    });
  });

  test("stays its own where its umask says so", async () => {
    await fill(0o077);
    await asNobody(async (fresh) => {
      await expect(fresh.open("docs")).rejects.toMatchObject(unusable("permission denied"));
    });
  });

  test.each(["_indices", "data"])("without the rights to %s, says so", async (part) => {
    await fill(0o022);
    const folder = join(root, ".rag/docs.lance", part);
    for (const name of await readdir(folder, { recursive: true })) {
      const path = join(folder, name);
      if ((await stat(path)).isFile()) await chmod(path, 0o600);
    }
    await asNobody(async (fresh) => {
      const docs = await openOwn(fresh, "docs");
      await expect(docs.search({ ...search, filters: [] })).rejects.toMatchObject({
        ...unusable("permission denied for"),
        hint: expect.stringContaining("rights to read") as string,
      });
    });
  });
});

describe.skipIf(process.platform === "win32")("a link in the place of the store folder", () => {
  test.each(ways)("%s: that leads back to itself", async (_, go) => {
    await symlink(".rag", join(root, ".rag"));
    await expect(go()).rejects.toMatchObject(unusable("its links lead back to themselves"));
  });

  test.each(ways)("%s: to nowhere", async (_, go) => {
    await symlink("gone", join(root, ".rag"));
    await expect(go()).rejects.toMatchObject(unusable("it is a link to gone, which does not exist"));
  });
});

test.skipIf(process.platform !== "linux")("a store folder where none can be made is an error at once", async () => {
  const nowhere = openEmbeddedStore({ path: "/proc/nope", location: "/proc/nope" });
  expect(await nowhere.list()).toEqual([]);
  await expect(nowhere.lockForWriting("docs", "ingest")).rejects.toMatchObject(unusable("/proc/nope"));
});
