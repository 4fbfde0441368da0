import { readFile, readdir } from "node:fs/promises";
import { builtinModules } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";

interface Manifest {
  version: string;
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
}

const project = fileURLToPath(new URL("../..", import.meta.url));
const manifestOf = async (folder: string) =>
  JSON.parse(await readFile(path.join(project, folder, "package.json"), "utf8")) as Manifest;

/** Asked for where they are installed, and done without elsewhere. */
const attempted = new Set(["canvas"]);
const isNative = (name: string) => name.startsWith("@lancedb/lancedb-");

let manifest: Manifest;
let bundles: Map<string, string>;
beforeAll(async () => {
  manifest = await manifestOf(".");
  const names = (await readdir(path.join(project, "dist"))).filter((name) => /\.[cm]js$/.test(name));
  const contents = names.map(async (name) => [name, await readFile(path.join(project, "dist", name), "utf8")] as const);
  bundles = new Map(await Promise.all(contents));
});

/** Packages that the bundles require or import, by their names. */
function packagesOutside(): Set<string> {
  const asked = [...bundles.values()].flatMap((code) =>
    [...code.matchAll(/(?:\brequire|\bimport|\.href\))\((["'`])([^."'`][^"'`]*)\1\)/g)].map(([, , name = ""]) => name),
  );
  const packages = asked.map((name) => /^(?:@[^/]+\/)?[^/]+/.exec(name)?.[0] ?? name);
  return new Set(packages.filter((name) => !name.startsWith("node:") && !builtinModules.includes(name)));
}

describe("the bundles", () => {
  test("ask for installed packages only", () => {
    const { dependencies, optionalDependencies, peerDependencies } = manifest;
    const installed = new Set(Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies }));
    const outside = [...packagesOutside()].filter((name) => !isNative(name) && !attempted.has(name));
    expect(outside.filter((name) => !installed.has(name))).toEqual([]);
    expect(outside).toEqual(expect.arrayContaining(["openai", "@grpc/grpc-js"]));
  });

  test("come with the native part of the LanceDB that is in them", async () => {
    const lancedb = await manifestOf("node_modules/@lancedb/lancedb");
    const natives = Object.entries(lancedb.optionalDependencies ?? {}).filter(([name]) => isNative(name));
    expect(Object.fromEntries(natives)).toEqual(manifest.optionalDependencies);
    expect([...packagesOutside()]).toEqual(expect.arrayContaining(natives.map(([name]) => name)));
  });

  test("hold one copy of Arrow, the one that LanceDB requires", async () => {
    const maps = (await readdir(path.join(project, "dist"))).filter((name) => name.endsWith(".map"));
    const sources = await Promise.all(
      maps.map(async (name) => {
        const map = JSON.parse(await readFile(path.join(project, "dist", name), "utf8")) as { sources: string[] };
        return map.sources.filter((source) => /node_modules\/apache-arrow\/ipc\/reader\./.test(source));
      }),
    );
    expect(sources.flat()).toEqual(["../node_modules/apache-arrow/ipc/reader.js"]);
  });

  test("come with source maps, and with the licences of what is in them", async () => {
    const files = new Set(await readdir(path.join(project, "dist")));
    const maps = [...bundles.values()].flatMap((code) => /\/\/# sourceMappingURL=(.+)/.exec(code)?.[1] ?? []);
    expect(maps.filter((name) => !files.has(name))).toEqual([]);
    expect(maps.length).toBeGreaterThan(50);
    const notices = await readFile(path.join(project, "dist", "THIRD-PARTY-NOTICES.txt"), "utf8");
    for (const name of ["@lancedb/lancedb", "apache-arrow", "commander", "pdfjs-dist", "zod"]) {
      const { version } = await manifestOf(`node_modules/${name}`);
      expect(notices).toContain(`\n${name} ${version}\nLicence: `);
    }
    expect(notices).toContain("Permission is hereby granted");
  });
});
