import path from "node:path";

/**
 * The rooms of `src` from the ground up. A room imports what stands before it in this list; rooms of one line know
 * nothing of each other. CONTRIBUTING.md says what each is about.
 */
export const levels: readonly (readonly string[])[] = [
  ["types.ts", "errors.ts"],
  ["util"],
  ["text"],
  ["markdown"],
  ["secrets"],
  ["files"],
  ["filters"],
  ["addresses"],
  ["models"],
  ["loaders", "chunkers", "rerankers"],
  ["config"],
  ["embedders", "chat"],
  ["stores"],
  ["pipeline"],
  ["cli"],
];

/** Rooms of interchangeable parts. Whoever gets a part handed in imports its `types.ts` and nothing else of the room. */
export const ports: readonly string[] = ["loaders", "chunkers", "embedders", "rerankers", "chat", "stores"];

/** The names of formats, strategies and rerankers are the keys of maps that import each one on first use. */
export const nameLists: readonly string[] = ["loaders/index.ts", "chunkers/index.ts", "rerankers/index.ts"];

/** Rooms that read those names. */
export const nameReaders: readonly string[] = ["config", "cli"];

/** The files that choose between the parts of a port: of the tool, and of the threads that it starts. */
const pickingFiles = ["src/cli/runtime.ts", "src/cli/loading/thread/main.ts"];

/** Adapters that are folders: `stores/milvus` does not know `stores/embedded`, and the other way round. */
export const adapterFolders: readonly string[] = ["stores/embedded", "stores/milvus"];

/** Packages that cost time to load, or that tie code to one engine, protocol or terminal: where each may be imported. */
export const packageHomes: Readonly<Record<string, readonly string[]>> = {
  "@lancedb/lancedb": ["stores/embedded"],
  "apache-arrow": ["stores/embedded"],
  "@grpc/grpc-js": ["stores/milvus"],
  "@zilliz/milvus2-sdk-node": ["stores/milvus"],
  protobufjs: ["stores/milvus"],
  openai: ["models", "embedders", "chat"],
  "eventsource-parser": ["models", "chat"],
  "@huggingface/transformers": ["embedders", "rerankers"],
  "onnxruntime-node": ["embedders", "rerankers"],
  "pdfjs-dist": ["loaders"],
  "markdown-it": ["markdown"],
  cosmiconfig: ["config"],
  zod: ["config", "cli/mcp"],
  "@modelcontextprotocol/sdk": ["cli/mcp"],
  commander: ["cli"],
  "cli-table3": ["cli/render"],
  ora: ["cli/render"],
  picocolors: ["cli/render"],
  "supports-hyperlinks": ["cli/render"],
};

/** Either is matched against the path as it is written in the import; `group` in the manner of .gitignore. */
type Pattern = { message: string } & ({ regex: string } | { group: string[] });

interface Override {
  files: string[];
  rules: { "no-restricted-imports": ["error", { patterns: Pattern[] }] };
}

const oneOf = (names: readonly string[]): string => `(?:${names.join("|").replaceAll(".", "\\.")})`;

/** Matches relative paths, of any depth, that lead to one of these files or into one of these folders. */
const relativeTo = (names: readonly string[]): string => String.raw`^\.\.?/(?:.*/)?${oneOf(names)}(?:/|$)`;

function isWithin(folder: string, home: string): boolean {
  return folder === home || folder.startsWith(`${home}/`);
}

/** What a room may not know, the types of ports included. */
function forbiddenRooms(room: string): string[] {
  const level = levels.findIndex((rooms) => rooms.includes(room));
  const forbidden = levels.slice(level).flat();
  // The pipeline gets settings handed in, so that it can be run without a configuration.
  if (room === "pipeline") forbidden.push("config");
  return forbidden.filter((other) => other !== room);
}

/** Ports of which a room may know the types alone. */
function portsByType(room: string): string[] {
  const forbidden = forbiddenRooms(room);
  return ports.filter((port) => port !== room && !forbidden.includes(port));
}

/** The rule for the files of a folder of `src`; `picks` where it may import adapters. */
function override(files: string[], folder: string, picks = false): Override {
  const room = folder.split("/")[0] ?? folder;
  const siblings = adapterFolders.filter((adapter) => isWithin(adapter, room) && folder !== room && adapter !== folder);
  const packages = Object.keys(packageHomes).filter(
    (name) => !packageHomes[name]?.some((home) => isWithin(folder, home)),
  );
  const byType = picks ? [] : portsByType(room);
  const patterns: Pattern[] = [
    {
      regex: relativeTo(forbiddenRooms(room)),
      message: `${room} imports only the rooms that CONTRIBUTING.md lists for it.`,
    },
    {
      regex: `^${oneOf(packages)}(?:/|$)`,
      message: `This package has another home than ${folder}; test/ci/rooms.ts names it.`,
    },
  ];
  if (byType.length > 0) {
    patterns.push({
      // A group, because the regular expressions of oxlint cannot make an exception.
      group: [
        ...byType.flatMap((port) => [`./**/${port}/**`, `../**/${port}/**`, `!**/${port}/types.ts`]),
        ...(nameReaders.includes(room) ? nameLists.map((list) => `!**/${list}`) : []),
      ],
      message: `Of a port, ${room} imports types.ts only; cli/runtime.ts picks the adapter.`,
    });
  }
  if (siblings.length > 0) {
    // From inside of the room, an import names the last folder of the adapter's path alone.
    const names = siblings.map((adapter) => path.posix.basename(adapter));
    patterns.push({ regex: relativeTo(names), message: "One adapter knows nothing of another." });
  }
  return { files, rules: { "no-restricted-imports": ["error", { patterns }] } };
}

/** oxlint's overrides that enforce all of the above. Where several match a file, oxlint takes the last one. */
export function roomOverrides(): Override[] {
  const ground: Override = {
    files: ["src/types.ts", "src/errors.ts"],
    rules: {
      "no-restricted-imports": [
        "error",
        { patterns: [{ regex: ".", message: "types.ts and errors.ts import nothing." }] },
      ],
    },
  };
  const folders = [...levels.slice(1).flat(), ...adapterFolders, "stores/shared", "cli/render", "cli/mcp"];
  return [
    ground,
    ...folders.map((folder) => override([`src/${folder}/**`], folder)),
    override(pickingFiles, "cli", true),
  ];
}
