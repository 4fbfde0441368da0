import { execFileSync } from "node:child_process";
import { chmod, mkdir, mkdtemp, realpath, rm, symlink, unlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { discover } from "../../../src/pipeline/discover/discover.ts";
import { posix } from "../../../src/pipeline/discover/roots.ts";
import type { DiscoverOptions, Discovery } from "../../../src/pipeline/discover/discover.ts";

let root: string;

beforeEach(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), "rag-discover-")));
});

afterEach(async () => {
  await rm(root, { recursive: true, force: true });
});

async function write(files: Record<string, string>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), content);
  }
}

function find(paths: string[], options: Partial<DiscoverOptions> = {}): Promise<Discovery> {
  return discover({
    root,
    workingDirectory: root,
    paths,
    include: [],
    exclude: [],
    followLinks: false,
    isSupported: (path) => path.endsWith(".md"),
    ...options,
  });
}

function sources(discovery: Discovery): string[] {
  return discovery.files.map((file) => file.source);
}

describe("what is found", () => {
  it("takes the supported files of a folder, sorted by code point, with their sizes", async () => {
    await write({
      "b.md": "12345",
      "a/z.md": "",
      "B.md": "",
      "ä.md": "",
      "𝒳.md": "",
      "\uFF21.md": "",
      "i.png": "",
      "a/j.svg": "",
    });
    const discovery = await find(["."]);
    expect(sources(discovery)).toEqual(["B.md", "a/z.md", "b.md", "ä.md", "\uFF21.md", "𝒳.md"]);
    expect(discovery.files.find((file) => file.source === "b.md")).toEqual({
      source: "b.md",
      path: join(root, "b.md"),
      size: 5,
    });
    expect(discovery.leftOut).toEqual([
      { extension: ".png", files: 1 },
      { extension: ".svg", files: 1 },
    ]);
    expect(discovery.warnings).toEqual([]);
  });

  it("lists a file once, by however many paths it is reached", async () => {
    await write({ "docs/a.md": "", "docs/b.md": "" });
    expect(sources(await find(["docs", "docs/", "./docs/a.md", "docs/*.md", join(root, "docs")]))).toEqual([
      "docs/a.md",
      "docs/b.md",
    ]);
  });

  it("counts what has no loader by extension, each file once", async () => {
    await write({ "a.md": "", "b.KEY": "", "c.key": "", "docs/d.svg": "", "docs/Makefile": "", "docs/.hidden": "" });
    expect((await find(["."])).leftOut).toEqual([
      { extension: ".key", files: 2 },
      { extension: ".svg", files: 1 },
      { extension: "makefile", files: 1 },
    ]);
    expect((await find([".", "docs", "docs/d.svg"], { exclude: ["b.*"] })).leftOut).toEqual([
      { extension: ".key", files: 1 },
      { extension: "makefile", files: 1 },
    ]);
  });

  it("takes a folder in front of a glob literally where there is one of that name", async () => {
    await write({ "app/[id]/a.md": "", "app/[id]/b.txt": "", "app/i/c.md": "", "{x,y}/d.md": "", "x/e.md": "" });
    expect(sources(await find(["app/[id]/*.md"]))).toEqual(["app/[id]/a.md"]);
    expect(sources(await find(["{x,y}/*.md"]))).toEqual(["{x,y}/d.md"]);
    expect(sources(await find(["app/[ij]/*.md"]))).toEqual(["app/i/c.md"]);
  });

  it("keeps the braces of a path that Windows writes with backslashes", () => {
    expect(posix("docs\\*.{md,txt}", "\\")).toBe("docs/*.{md,txt}");
    expect(posix("docs\\*.{md,txt}", "/")).toBe("docs\\*.{md,txt}");
  });

  it("says whether a glob or an include pattern asks for a file's extension", async () => {
    await write({ "src/a.py": "", "src/b.TS": "", "src/c.md": "", "src/py": "" });
    const isSupported = (path: string, isAskedFor: boolean) => path.endsWith(".md") || isAskedFor;
    expect(sources(await find(["src"], { isSupported }))).toEqual(["src/c.md"]);
    expect(sources(await find(["src"], { isSupported, include: ["*.py"] }))).toEqual(["src/a.py"]);
    expect(sources(await find(["src/*.{ts,TS,py}"], { isSupported }))).toEqual(["src/a.py", "src/b.TS"]);
    expect(sources(await find(["src/*"], { isSupported }))).toEqual(["src/c.md"]);
    expect((await find(["src/*.py"], { isSupported })).covers("src/gone.py")).toBe(true);
    expect((await find(["src"], { isSupported })).covers("src/gone.py")).toBe(false);
  });

  it("takes a file that is named outright, ignored or of an unknown format", async () => {
    await write({ ".gitignore": "*.md\n", "a.md": "", "b.xyz": "", ".hidden/c.md": "" });
    expect(sources(await find(["a.md", "b.xyz", ".hidden/c.md"]))).toEqual([".hidden/c.md", "a.md", "b.xyz"]);
  });

  it("reads names with spaces, glob characters and any script", async () => {
    await write({ "my docs/set up [draft].md": "", "文档/说明.md": "", "what?.md": "", "(a)/{b}.md": "" });
    expect(sources(await find(["my docs/set up [draft].md", "文档", "what?.md", "(a)"]))).toEqual([
      "(a)/{b}.md",
      "my docs/set up [draft].md",
      "what?.md",
      "文档/说明.md",
    ]);
  });

  // Windows has no such names.
  it.skipIf(process.platform === "win32")(
    "reads names with backslashes, line ends and control characters",
    async () => {
      await write({
        ".gitignore": "ignored*\n",
        "docs/back\\slash.md": "",
        "docs/two\nlines.md": "",
        "docs/bell\u0007.md": "",
        "docs/a\\b/c\nd/e.md": "",
        "docs/ignored\n.md": "",
        "docs/.hidden\n/f.md": "",
      });
      const all = ["docs/a\\b/c\nd/e.md", "docs/back\\slash.md", "docs/bell\u0007.md", "docs/two\nlines.md"];
      const discovery = await find(["docs"]);
      expect(sources(discovery)).toEqual(all);
      expect(all.every((source) => discovery.covers(source))).toBe(true);
      expect(sources(await find(["**/*.md"]))).toEqual(all);
      expect(sources(await find(["docs/*.md"]))).toEqual(all.slice(1));
      expect((await find(["**/*.md"])).covers(all[0]!)).toBe(true);
      expect((await find(["docs/*.md"])).covers(all[0]!)).toBe(false);
    },
  );

  it.skipIf(process.platform !== "linux")(
    "fails on names that are not UTF-8, and does not pass over them",
    async () => {
      await write({ "docs/a.md": "", "docs/right\uFFFD.md": "" });
      const nameless = ["wrong\xff.md", "wrong\xff.png"].map((name) =>
        Buffer.concat([Buffer.from(join(root, "docs/")), Buffer.from(name, "latin1")]),
      );
      for (const path of nameless) await writeFile(path, "");
      try {
        for (const path of ["docs", "docs/*.md"]) {
          const discovery = await find([path]);
          expect(sources(discovery)).toEqual(["docs/a.md", "docs/right\uFFFD.md"]);
          expect(discovery.failures).toEqual([
            {
              source: "docs/wrong\uFFFD.md",
              code: "name-not-utf8",
              message: "the name is not valid UTF-8; rename the file",
            },
          ]);
        }
        expect((await find(["docs"], { exclude: ["wrong*"] })).failures).toEqual([]);
        // As an argument of the command line reaches the process: as text.
        const named = await find(["docs/a.md", "docs/wrong\uFFFD.md"]);
        expect(sources(named)).toEqual(["docs/a.md"]);
        expect(named.failures).toMatchObject([{ source: "docs/wrong\uFFFD.md", code: "name-not-utf8" }]);
        expect((await find(["docs/wrong\uFFFD.md"], { exclude: ["wrong*"] })).failures).toEqual([]);
        await expect(find(["docs/none\uFFFD.md"])).rejects.toMatchObject({ code: "path-not-found" });
      } finally {
        // A recursive removal does not find them either.
        for (const path of nameless) await unlink(path);
      }
    },
  );

  it("takes a path with glob characters literally where it exists", async () => {
    await write({ "[ab].md": "", "a.md": "", "b.md": "" });
    expect(sources(await find(["[ab].md"]))).toEqual(["[ab].md"]);
    await rm(join(root, "[ab].md"));
    expect(sources(await find(["[ab].md"]))).toEqual(["a.md", "b.md"]);
  });

  it("matches globs, with braces, below a folder and above the working folder", async () => {
    await write({ "docs/a.md": "", "docs/en/b.md": "", "docs/de/c.md": "", "docs/en/.d.md": "", "e.md": "" });
    expect(sources(await find(["docs/{en,de}/*.md"]))).toEqual(["docs/de/c.md", "docs/en/b.md"]);
    expect(sources(await find(["**/[ab].md"]))).toEqual(["docs/a.md", "docs/en/b.md"]);
    const from = await find(["../*.md", "*.md"], { workingDirectory: join(root, "docs") });
    expect(sources(from)).toEqual(["docs/a.md", "e.md"]);
    expect(sources(await find([join(root, "docs/*/b.md")]))).toEqual(["docs/en/b.md"]);
  });

  it("covers what the ranges and nested braces of a glob match", async () => {
    await write({ "9.md": "", "10.md": "", "13.md": "", "a-x.md": "", "b-z.md": "", ".md": "" });
    const discovery = await find(["{8..12}.md", "{a-{x,y},b-z}.md"]);
    expect(sources(discovery)).toEqual(["10.md", "9.md", "a-x.md", "b-z.md"]);
    expect(["8.md", "9.md", "10.md", "12.md", "a-y.md"].filter((source) => !discovery.covers(source))).toEqual([]);
    expect(["1.md", "13.md", "b-x.md", "{8..12}.md"].filter((source) => discovery.covers(source))).toEqual([]);
  });

  it("names files outside of the project by the way up", async () => {
    await write({ "project/in.md": "", "beside/out.md": "" });
    const discovery = await find(["beside", "project"], { root: join(root, "project") });
    expect(sources(discovery)).toEqual(["../beside/out.md", "in.md"]);
    expect(discovery.covers("../beside/gone.md")).toBe(true);
    expect(discovery.covers("../other/gone.md")).toBe(false);
  });

  it("does not enter hidden folders, packages, repositories and stores", async () => {
    await write({
      "a.md": "",
      ".hidden/b.md": "",
      ".git/c.md": "",
      "node_modules/p/README.md": "",
      ".rag/d.md": "",
      "lite.db/e.md": "",
      "x/node_modules/f.md": "",
    });
    expect(sources(await find(["."]))).toEqual(["a.md"]);
    expect(sources(await find([".hidden", ".hidden/*.md"]))).toEqual([".hidden/b.md"]);
  });
});

describe("ignore files", () => {
  it("hold at every level, the inner overruling the outer", async () => {
    await write({
      ".gitignore": "drafts/\n*.tmp.md\n/only-top.md\n",
      "only-top.md": "",
      "docs/only-top.md": "",
      "docs/a.md": "",
      "docs/b.tmp.md": "",
      "docs/drafts/c.md": "",
      "docs/.gitignore": "secret.md\n!keep.tmp.md\n",
      "docs/keep.tmp.md": "",
      "docs/secret.md": "",
      "docs/deep/secret.md": "",
      "docs/deep/.gitignore": "!secret.md\n",
    });
    expect(sources(await find(["docs", "."]))).toEqual([
      "docs/a.md",
      "docs/deep/secret.md",
      "docs/keep.tmp.md",
      "docs/only-top.md",
    ]);
  });

  it("a .ragignore overrules the .gitignore beside it", async () => {
    await write({
      ".gitignore": "*.gen.md\n",
      ".ragignore": "!api.gen.md\nchangelog.md\n",
      "api.gen.md": "",
      "x.gen.md": "",
      "changelog.md": "",
      "a.md": "",
    });
    expect(sources(await find(["."]))).toEqual(["a.md", "api.gen.md"]);
  });

  it("above the named folder count, up to the project root and no further", async () => {
    await write({
      ".gitignore": "a.md\n",
      "project/.gitignore": "b.md\n",
      "project/docs/a.md": "",
      "project/docs/b.md": "",
    });
    expect(sources(await find(["project/docs"], { root: join(root, "project") }))).toEqual(["docs/a.md"]);
  });

  it("do not hide a folder that is named outright", async () => {
    await write({
      ".gitignore": "build/\n",
      "build/docs/a.md": "",
      "build/docs/.gitignore": "b.md\n",
      "build/docs/b.md": "",
    });
    expect(sources(await find(["build/docs"]))).toEqual(["build/docs/a.md"]);
    expect(sources(await find(["."]))).toEqual([]);
  });

  it("hold from the top of the repository downwards, wherever the project begins", async () => {
    await write({
      ".git/HEAD": "ref: refs/heads/main\n",
      ".gitignore": "_build/\n",
      "docs/a.md": "",
      "docs/_build/b.md": "",
      "docs/deep/c.md": "",
      "docs/deep/_build/d.md": "",
    });
    const docs = { root: join(root, "docs"), workingDirectory: join(root, "docs") };
    expect(sources(await find(["."], docs))).toEqual(["a.md", "deep/c.md"]);
    expect(sources(await find(["**/*.md"], docs))).toEqual(["a.md", "deep/c.md"]);
    const deep = { ...docs, root: join(root, "docs/deep"), workingDirectory: join(root, "docs/deep") };
    expect(sources(await find(["."], deep))).toEqual(["c.md"]);
    // Named all the same, it is taken.
    expect(sources(await find(["_build"], deep))).toEqual(["_build/d.md"]);
  });

  it("git's own info/exclude counts, weaker than any .gitignore, in a work tree too", async () => {
    await write({
      "main/.git/info/exclude": "private.md\n*.local.md\n",
      "main/.git/worktrees/side/commondir": "../..\n",
      "main/.gitignore": "!kept.local.md\n",
      "main/docs/a.md": "",
      "main/docs/private.md": "",
      "main/docs/b.local.md": "",
      "main/docs/kept.local.md": "",
      "side/.git": "gitdir: ../main/.git/worktrees/side\n",
      "side/docs/a.md": "",
      "side/docs/private.md": "",
    });
    expect(sources(await find(["main"]))).toEqual(["main/docs/a.md", "main/docs/kept.local.md"]);
    expect(sources(await find(["main/docs"]))).toEqual(["main/docs/a.md", "main/docs/kept.local.md"]);
    expect(sources(await find(["side"]))).toEqual(["side/docs/a.md"]);
    expect(sources(await find(["side/docs/*.md"]))).toEqual(["side/docs/a.md"]);
  });

  it("judge any number of files in the same way", async () => {
    await write({ ".gitignore": "*9.md\n!*99.md\n" });
    await mkdir(join(root, "docs"));
    for (let batch = 0; batch < 12; batch++) {
      const names = Array.from({ length: 1000 }, (_, index) => `${batch * 1000 + index}.md`);
      await Promise.all(names.map((name) => writeFile(join(root, "docs", name), "")));
    }
    expect((await find(["docs"])).files).toHaveLength(12_000 - 1200 + 120);
  });
});

describe("--include and --exclude", () => {
  it("narrow down, by names and by paths from the project root", async () => {
    await write({ "docs/a.md": "", "docs/b.md": "", "docs/old/a.md": "", "a.md": "" });
    expect(sources(await find(["."], { include: ["a.md"], exclude: ["old/"] }))).toEqual(["a.md", "docs/a.md"]);
    expect(sources(await find(["docs"], { include: ["/docs/*.md"] }))).toEqual(["docs/a.md", "docs/b.md"]);
    expect(sources(await find(["docs"], { exclude: ["*.md", "!b.md"] }))).toEqual(["docs/b.md"]);
    expect(sources(await find(["docs/a.md", "docs/b.md"], { exclude: ["b.md"] }))).toEqual(["docs/a.md"]);
  });
});

describe("what is covered", () => {
  it("a folder covers what it would take, there or gone", async () => {
    await write({ "docs/a.md": "", "docs/.gitignore": "ignored.md\n", "docs/ignored.md": "" });
    const { covers } = await find(["docs"]);
    expect(covers("docs/a.md")).toBe(true);
    expect(covers("docs/deep/gone.md")).toBe(true);
    // Ignored since: it would not be taken any more, and goes.
    expect(covers("docs/ignored.md")).toBe(true);
    expect(covers("other/a.md")).toBe(false);
    expect(covers("docs-2/a.md")).toBe(false);
    expect(covers("../docs/a.md")).toBe(false);
    // These came in by their names, and only their names take them out.
    expect(covers("docs/notes.xyz")).toBe(false);
    expect(covers("docs/.hidden/a.md")).toBe(false);
    expect(covers("docs/node_modules/a.md")).toBe(false);
  });

  it("include and exclude leave the rest alone", async () => {
    await write({ "docs/a.md": "" });
    const { covers } = await find(["docs"], { include: ["faq/"], exclude: ["old.md"] });
    expect(covers("docs/faq/gone.md")).toBe(true);
    expect(covers("docs/faq/old.md")).toBe(false);
    expect(covers("docs/a.md")).toBe(false);
  });

  it("a glob covers what it matches, a file itself", async () => {
    await write({ "docs/a.md": "", "docs/en/b.md": "" });
    const { covers } = await find(["docs/*.md", "docs/en/b.md"]);
    expect(covers("docs/gone.md")).toBe(true);
    expect(covers("docs/en/b.md")).toBe(true);
    expect(covers("docs/en/gone.md")).toBe(false);
  });

  it("the whole project covers what is in it, not what is beside it", async () => {
    await write({ "a.md": "" });
    const { covers } = await find(["."]);
    expect(covers("gone.md")).toBe(true);
    expect(covers("../gone.md")).toBe(false);
  });
});

describe("what cannot be found", () => {
  it("a missing path is named, and what is like it suggested", async () => {
    await write({ "docs/install.md": "" });
    await expect(find(["docs/instal.md"])).rejects.toMatchObject({
      code: "path-not-found",
      exitCode: 2,
      message: '"docs/instal.md" does not exist',
      hint: 'did you mean "docs/install.md"?',
    });
    await expect(find(["dosc"])).rejects.toMatchObject({ hint: 'did you mean "docs"?' });
    await expect(find(["nothing-like-it.pdf"])).rejects.toMatchObject({
      code: "path-not-found",
      hint: "paths are relative to the working folder",
    });
    await expect(find(["docs/install.md/x"])).rejects.toMatchObject({ code: "path-not-found" });
  });

  it("a glob without a match, or below a missing folder, is an error", async () => {
    await write({ "docs/a.md": "" });
    await expect(find(["docs/*.rst"])).rejects.toMatchObject({ code: "no-match", exitCode: 2 });
    await expect(find(["dosc/*.md"])).rejects.toMatchObject({ code: "path-not-found", hint: 'did you mean "docs"?' });
  });

  it.each([
    ["stars that can divide a name in too many ways", "*a*a*a*a*b", "stars in one name"],
    ["too many folders of any depth", "**/a/**/a/**/a/**/a/**/b", "times **"],
    ["a range of braces", "{1..100000000}", "more than 1000 globs"],
    ["braces side by side", "{a,b}".repeat(30), "more than 1000 globs"],
    ["nested braces", `${"{a,b".repeat(20)}${"}".repeat(20)}`, "more than 1000 globs"],
    ["a repeated group of globs", "+(a|[a])b", "group"],
    ["its length", `${"a".repeat(100_000)}*`, "has 100001 characters"],
  ])("a glob is refused for %s, as a path and in --include and --exclude", async (_, glob, message) => {
    await write({ [`${"a".repeat(240)}.md`]: "" });
    const refused = { code: "glob-too-large", exitCode: 2, message: expect.stringContaining(message) };
    await expect(find([glob])).rejects.toMatchObject(refused);
    await expect(find(["."], { include: [glob] })).rejects.toMatchObject(refused);
    await expect(find(["."], { exclude: ["*.txt", glob] })).rejects.toMatchObject(refused);
  });

  it.each([
    ["*a*b*c*", "abc.md"],
    ["{a,b}{1..50}.md", "b50.md"],
    ["**/a/**/b/**/*.md", "a/b/c.md"],
    ["+(a|b)*.md", "ab.md"],
    ["*(ab).md", "abab.md"],
  ])("the glob %s is not too large", async (glob, name) => {
    await write({ [name]: "" });
    expect(sources(await find([glob], { exclude: ["*.txt"] }))).toEqual([name]);
  });

  it("an empty path is refused, and does not stand for the working folder", async () => {
    await write({ "a.md": "" });
    await expect(find([""])).rejects.toMatchObject({ code: "empty-path", exitCode: 2 });
    await expect(find(["a.md", ""])).rejects.toMatchObject({ code: "empty-path" });
  });

  it("a broken link is called one, and not suggested in its own place", async () => {
    await write({ "docs/a.md": "" });
    await symlink("nowhere.md", join(root, "docs/link.md"));
    await symlink("nowhere.md", join(root, "docs/[link].md"));
    for (const path of ["docs/link.md", "docs/[link].md"]) {
      const found = find([path]);
      await expect(found).rejects.toMatchObject({
        code: "path-not-found",
        message: `"${path}" is a link to a file that does not exist`,
        hint: expect.not.stringContaining("did you mean"),
      });
    }
    await expect(find(["docs/a.md/*.md"])).rejects.toMatchObject({
      code: "path-not-found",
      message: '"docs/a.md" is not a folder',
    });
  });

  it("an empty folder is none", async () => {
    await mkdir(join(root, "empty"));
    expect(await find(["empty"])).toMatchObject({ files: [], leftOut: [], warnings: [] });
  });
});

describe("links", () => {
  it("a loop is left out with a warning", async () => {
    await write({ "docs/a.md": "", "docs/deep/b.md": "" });
    await symlink("..", join(root, "docs/deep/up"));
    await symlink(".", join(root, "docs/self"));
    const discovery = await find(["docs"]);
    expect(sources(discovery)).toEqual(["docs/a.md", "docs/deep/b.md"]);
    expect(discovery.warnings.toSorted()).toEqual([
      '"docs/deep/up" links to a folder that it is in, and was not followed',
      '"docs/self" links to a folder that it is in, and was not followed',
    ]);
  });

  it("two folders outside that link to each other end", async () => {
    await write({ "docs/a.md": "", "x/x.md": "", "y/y.md": "" });
    await symlink(join(root, "x"), join(root, "docs/x"));
    await symlink(join(root, "y"), join(root, "x/to-y"));
    await symlink(join(root, "x"), join(root, "y/to-x"));
    const followed = await find(["docs"], { followLinks: true });
    expect(sources(followed)).toEqual(["docs/a.md", "docs/x/to-y/y.md", "docs/x/x.md"]);
  });

  it("files are followed on request, folders elsewhere too, broken links left out", async () => {
    await write({ "docs/a.md": "", "shared/b.md": "123", "shared/sub/c.md": "" });
    await symlink(join(root, "shared/b.md"), join(root, "docs/b.md"));
    await symlink(join(root, "shared/sub"), join(root, "docs/sub"));
    await symlink(join(root, "nowhere.md"), join(root, "docs/broken.md"));
    await symlink(join(root, "docs/a.md"), join(root, "link.md"));
    const discovery = await find(["docs", "link.md"], { followLinks: true });
    expect(sources(discovery)).toEqual(["docs/a.md", "docs/b.md", "docs/sub/c.md", "link.md"]);
    expect(discovery.files[1]?.size).toBe(3);
    expect(discovery.warnings).toEqual([]);
  });

  it.each(["docs", "docs/**/*.md"])(
    "that lead out of %s are left out, files and folders alike, and counted",
    async (path) => {
      await write({ "docs/a.md": "", "docs/in/b.md": "", "shared/b.md": "", "shared/sub/c.md": "" });
      await symlink("../shared/b.md", join(root, "docs/b.md"));
      await symlink("in/b.md", join(root, "docs/inside.md"));
      await symlink(join(root, "shared/sub"), join(root, "docs/in/sub"));
      await symlink("in/sub", join(root, "docs/chain"));
      await symlink("../shared/b.md", join(root, "docs/other.txt"));
      const discovery = await find([path]);
      expect(sources(discovery)).toEqual(["docs/a.md", "docs/in/b.md", "docs/inside.md"]);
      expect(discovery.warnings).toEqual([
        expect.stringMatching(/^[34] links lead out of the folder .* "docs\/b.md", .*--follow-links follows them/),
      ]);
      expect(discovery.covers("docs/b.md")).toBe(true);
      const one = await find(["docs/in"]);
      expect(one.warnings).toEqual([expect.stringMatching(/^1 link leads out .* was not followed: "docs\/in\/sub"/)]);
    },
  );

  it("out of the project are not followed for being named", async () => {
    await write({ "project/a.md": "", "outside/b.md": "" });
    const project = { root: join(root, "project"), workingDirectory: join(root, "project") };
    await symlink("../outside", join(root, "project/docs"));
    await symlink("../outside/b.md", join(root, "project/b.md"));
    for (const path of ["docs", "b.md", "docs/b.md", "docs/*.md"]) {
      await expect(find([path], project)).rejects.toMatchObject({ code: "link-outside", exitCode: 2 });
    }
    expect(sources(await find(["../outside"], project))).toEqual(["../outside/b.md"]);
    expect(sources(await find(["docs"], { ...project, followLinks: true }))).toEqual(["docs/b.md"]);
  });

  it("what a link inside the walk leads to is found once", async () => {
    await write({ "docs/real/a.md": "" });
    await symlink("real", join(root, "docs/alias"));
    const discovery = await find(["docs"]);
    expect(sources(discovery)).toEqual(["docs/real/a.md"]);
    expect(discovery.warnings).toEqual([]);
  });
});

// Windows keeps its pipes elsewhere.
describe.skipIf(process.platform === "win32")("pipes", () => {
  it("are refused by name, and left out of folders with a warning", async () => {
    await write({ "docs/a.md": "" });
    execFileSync("mkfifo", [join(root, "docs/pipe.md"), join(root, "docs/.gitignore")]);
    await symlink("pipe.md", join(root, "docs/link.md"));
    for (const path of ["docs/pipe.md", "docs/link.md", "/dev/null"]) {
      await expect(find([path])).rejects.toMatchObject({ code: "not-a-file", exitCode: 2 });
    }
    for (const path of ["docs", "docs/*.md"]) {
      const discovery = await find([path]);
      expect(sources(discovery)).toEqual(["docs/a.md"]);
      expect(discovery.warnings).toEqual([
        '"docs/link.md" is a pipe, a socket or a device, and was left out',
        '"docs/pipe.md" is a pipe, a socket or a device, and was left out',
      ]);
    }
  });
});

// Windows has no permissions that a test could take away.
describe.skipIf(process.seteuid === undefined)("unreadable folders", () => {
  const user = process.geteuid?.() ?? 0;
  const nobody = 65_534;

  it("are failures, and what they held does not count as gone", async () => {
    await write({ "docs/a.md": "", "docs/closed/b.md": "" });
    await chmod(root, 0o755);
    await chmod(join(root, "docs/closed"), 0);
    // The superuser reads every folder, whatever its permissions are.
    if (user === 0) process.seteuid?.(nobody);
    try {
      const discovery = await find(["docs"]);
      expect(sources(discovery)).toEqual(["docs/a.md"]);
      const message = "cannot be read: permission denied";
      expect(discovery.failures).toEqual([{ source: "docs/closed", code: "not-readable", message }]);
      expect(discovery.covers("docs/closed/b.md")).toBe(false);
      expect(discovery.covers("docs/gone.md")).toBe(true);
      // Named outright, by a folder above and by itself, it is one failure.
      const named = await find(["docs/closed", "docs"]);
      expect(named.failures).toEqual(discovery.failures);
      expect(named.covers("docs/closed/b.md")).toBe(false);
      expect((await find(["docs"], { exclude: ["closed/"] })).failures).toEqual([]);
      await expect(find(["docs/closed/b.md"])).rejects.toMatchObject({ code: "path-unreadable", exitCode: 2 });
    } finally {
      if (user === 0) process.seteuid?.(user);
      await chmod(join(root, "docs/closed"), 0o755);
    }
  });
});
