import { readFileSync } from "node:fs";
import { type Plugin, type BuildOptions, defineConfig } from "rolldown";
import { pdfjsBeside, pdfjsFolder } from "./pdfjs.ts";
import { thirdPartyNotice } from "./third-party-notice.ts";

const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };

/**
 * Packages that stay outside, installed beside this one: native code, what reads files of its own by their path, what
 * is large and rarely used, and what only some install.
 */
const outside = [/^@lancedb\/lancedb-/, /\.node$/, /^@huggingface\//, /^protobufjs\//, /^@grpc\/grpc-js$/, /^openai$/];

/**
 * What makes a folder of bundles, with everything that they read beside them. The working folder is the project's root.
 * `cjs` for the tool itself: Node starts CommonJS sooner than ES modules, and its compiled form can be kept on every
 * version (src/cli/compiled-code.ts).
 */
export function bundle(input: Record<string, string>, dir: string, format: "cjs" | "esm" = "cjs"): BuildOptions {
  const extension = format === "cjs" ? "cjs" : "mjs";
  return {
    input,
    logLevel: "warn",
    platform: "node",
    external: outside,
    transform: { define: { BUILT_VERSION: JSON.stringify(version) } },
    plugins: [
      bundledRequire,
      lateChildProcess,
      noElicitation,
      fileBeside("server.py", "src/stores/milvus/lite/server.py"),
      fileBeside("serve.py", "src/stores/milvus/lite2/serve.py"),
      ...["bash", "zsh", "fish"].map((shell) =>
        fileBeside(`completion.${shell}`, `src/cli/render/setup/completion/completion.${shell}`),
      ),
      fileBeside("output.d.ts", "src/cli/render/documents.ts"),
      fileBeside("parser-thread.mjs", "src/loaders/pdf/parser-thread.mjs"),
      pdfjsBeside,
      thirdPartyNotice("THIRD-PARTY-NOTICES.txt", [pdfjsFolder]),
    ],
    output: {
      dir,
      format,
      cleanDir: true,
      // All in one folder: code finds the files beside it whichever chunk it is put into.
      entryFileNames: `[name].${extension}`,
      chunkFileNames: `[name]-[hash].${extension}`,
      // Names stay: LanceDB goes by those of Arrow's classes, and a stack trace says more.
      minify: { compress: true, mangle: false, codegen: { removeWhitespace: true } },
      sourcemap: true,
      sourcemapExcludeSources: true,
    },
  };
}

/**
 * `createRequire(import.meta.url)("name")` asks for the CommonJS build of a package. Where the package is bundled, it
 * has to be the copy in the bundle: a second copy of Arrow would take as long to load again, and LanceDB would not
 * recognise its classes.
 */
const bundledRequire: Plugin = {
  name: "bundled-require",
  transform: {
    filter: { id: /\/src\/.*\.ts$/, code: "createRequire(import.meta.url)(" },
    handler: (code) => ({
      code: code.replaceAll(/createRequire\(import\.meta\.url\)\("([^"]+)"\)/g, (call: string, name: string) =>
        // As long as before, so that the source map stays true.
        outside.some((pattern) => pattern.test(name)) ? call : `require("${name}")`.padEnd(call.length),
      ),
      map: null,
    }),
  },
};

/**
 * Commander needs `node:child_process` for subcommands that are programs of their own, which this tool has none of.
 * Loading it takes 5 ms of every run, a third of what `rag --help` adds to an empty script.
 */
const lateChildProcess: Plugin = {
  name: "late-child-process",
  transform: {
    filter: { id: /\/commander\/lib\/command\.js$/ },
    handler(code) {
      const early = "const childProcess = require('node:child_process');";
      if (!code.includes(early)) throw new Error("commander loads node:child_process in another way than it did");
      const late = code.replace(early, "").replaceAll(/\bchildProcess\./g, "require('node:child_process').");
      return { code: late, map: null };
    },
  },
};

/**
 * The SDK of the Model Context Protocol checks with Ajv what a user typed into a form of the client, which this server
 * never asks for. Arguments and results are checked with zod. Ajv would be a tenth of what `rag mcp` loads.
 */
const noElicitation: Plugin = {
  name: "no-elicitation",
  load: {
    filter: { id: /@modelcontextprotocol\/sdk\/dist\/\w+\/validation\/ajv-provider\.js$/ },
    handler: () => "export class AjvJsonSchemaValidator {}",
  },
};

/** Copies a file that code reads by its path, or that the package offers to others. */
function fileBeside(fileName: string, path: string): Plugin {
  return {
    name: "file-beside",
    generateBundle() {
      this.emitFile({ type: "asset", fileName, source: readFileSync(path) });
    },
  };
}

export default defineConfig(bundle({ start: "src/cli/start.ts" }, "dist"));
