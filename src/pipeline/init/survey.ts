import { createConnection } from "node:net";
import { extname } from "node:path";
import { providers } from "../../models/providers.ts";
import type { Discovery } from "../discover/discover.ts";

/** What there is to build on, here and now. */
export interface Survey {
  /** Files that an ingest of the folder would take, by extension, the most first. */
  files: { extension: string; count: number }[];
  /** The folder directly below that holds most of them; `.` where the folder itself does. */
  mainFolder: string;
  /** Providers whose key is in the environment. */
  keys: { provider: string; variable: string; embeds: boolean; chats: boolean }[];
  /** Whether something listens on this machine where these servers do. */
  milvus: boolean;
  ollama: boolean;
  /** Milvus Lite could run. */
  python: boolean;
}

/** Where the servers listen, if nobody says otherwise. */
export const milvusPort = 19_530;
const ollamaPort = 11_434;

/** Milliseconds for a server on this machine: it answers or refuses at once, even a busy one. */
const probeMs = 2000;

/** Looks around; nothing leaves this machine. */
export async function survey(
  discovery: Pick<Discovery, "files">,
  variables: Readonly<Record<string, string | undefined>>,
  hasPython: () => Promise<boolean>,
): Promise<Survey> {
  const [milvus, ollama, python] = await Promise.all([listens(milvusPort), listens(ollamaPort), hasPython()]);
  const sources = discovery.files.map(({ source }) => source);
  const keys = Object.entries(providers).flatMap(([provider, { keyVariable, embedding, chat }]) =>
    keyVariable !== null && variables[keyVariable]?.trim()
      ? [{ provider, variable: keyVariable, embeds: embedding !== null, chats: chat !== null }]
      : [],
  );
  return {
    files: counted(sources.map((source) => extname(source).toLowerCase() || "(none)")).map(([extension, count]) => ({
      extension,
      count,
    })),
    mainFolder:
      counted(sources.map((source) => (source.includes("/") ? (source.split("/")[0] ?? ".") : ".")))[0]?.[0] ?? ".",
    keys,
    milvus,
    ollama,
    python,
  };
}

/** Each value with how often it occurs, the most frequent first. */
function counted(values: readonly string[]): [string, number][] {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a);
}

/** Whether a connection to a port of this machine can be made. */
function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ host: "127.0.0.1", port, timeout: probeMs });
    const finish = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.once("connect", () => finish(true));
    socket.once("timeout", () => finish(false));
    socket.once("error", () => finish(false));
  });
}
