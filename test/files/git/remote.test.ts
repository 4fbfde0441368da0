import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { gitFolder, normaliseRemote } from "../../../src/files/git/remote.ts";

let top: string;
beforeEach(async () => {
  top = await realpath(await mkdtemp(join(tmpdir(), "rag-git-")));
});
afterEach(() => rm(top, { recursive: true, force: true }));

async function write(files: Record<string, string>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(top, name)), { recursive: true });
    await writeFile(join(top, name), text);
  }
}

const origin = '[remote "origin"]\n\turl = https://example.com/a/b.git\n';

describe("the address of a remote", () => {
  test.each([
    "https://example.com/team/docs.git",
    "https://example.com/team/docs",
    "https://example.com/team/docs/",
    "https://user:token@Example.com:443/team/docs.git",
    "http://example.com//team/docs.git",
    "git@example.com:team/docs.git",
    "example.com:team/docs",
    "git@example.com:/team/docs.git",
    "ssh://git@example.com:2222/team/docs.git",
    "git://example.com/team/docs.git/",
  ])("is the same in every form: %s", (url) => {
    expect(normaliseRemote(url)).toBe("example.com/team/docs");
  });

  test("keeps a port in a literal address apart", () => {
    expect(normaliseRemote("ssh://git@[2001:db8::1]:22/team/docs")).toBe("[2001:db8::1]/team/docs");
  });

  test.each([
    "/srv/git/docs.git",
    "../docs",
    "file:///srv/git/docs.git",
    "C:\\git\\docs",
    "C:/git/docs",
    "",
    "https://example.com/",
  ])("is none where it names no host and repository: %s", (url) => {
    expect(normaliseRemote(url)).toBeNull();
  });
});

describe("the repository of a folder", () => {
  test("is found from any folder in it", async () => {
    await write({ ".git/config": `[core]\n\tbare = false\n${origin}` });
    expect(await gitFolder(top)).toEqual({ remote: "example.com/a/b", path: "" });
    await mkdir(join(top, "packages/one"), { recursive: true });
    expect(await gitFolder(join(top, "packages/one"))).toEqual({ remote: "example.com/a/b", path: "packages/one" });
  });

  test("prefers origin, and takes the only remote otherwise", async () => {
    const upstream = '[remote "upstream"]\n\turl = https://example.com/up/stream\n';
    await write({ ".git/config": upstream + origin });
    expect((await gitFolder(top))?.remote).toBe("example.com/a/b");
    await write({ ".git/config": upstream });
    expect((await gitFolder(top))?.remote).toBe("example.com/up/stream");
    await write({ ".git/config": upstream + upstream.replaceAll("up", "down") });
    expect(await gitFolder(top)).toBeNull();
  });

  test("is read as git reads it", async () => {
    const config = [
      "; a comment",
      '[Remote "origin"] # the one',
      "\tfetch = +refs/heads/*:refs/remotes/origin/*",
      '\tURL = "https://example.com/a/\\',
      'b.git" ; here',
      "\tpushurl = https://example.com/elsewhere",
      '[branch "url"]',
      "\turl = https://example.com/not/this",
    ];
    await write({ ".git/config": config.join("\r\n").replace("\\\r\n", "\\\n") });
    expect((await gitFolder(top))?.remote).toBe("example.com/a/b");
  });

  test("of a work tree and of a submodule is read from where its .git file leads", async () => {
    await write({
      "main/.git/config": origin,
      "main/.git/worktrees/tree/commondir": "../..\n",
      "main/.git/modules/sub/config": origin.replace("a/b", "c/d"),
      "main/sub/.git": "gitdir: ../.git/modules/sub\n",
      "tree/.git": `gitdir: ${join(top, "main/.git/worktrees/tree")}\n`,
    });
    expect((await gitFolder(join(top, "tree")))?.remote).toBe("example.com/a/b");
    expect((await gitFolder(join(top, "main/sub")))?.remote).toBe("example.com/c/d");
  });

  test("is none without a configuration that can be read", async () => {
    await mkdir(join(top, ".git"));
    expect(await gitFolder(top)).toBeNull();
    await write({ "broken/.git": "nonsense" });
    expect(await gitFolder(join(top, "broken"))).toBeNull();
  });
});
