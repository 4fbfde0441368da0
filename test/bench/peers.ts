import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { writeMarkdown } from "./corpus.ts";
import type { Figure } from "./figure.ts";
import { compare, comparisonFigures } from "./measure.ts";
import type { Workspace } from "./workspace.ts";

const rounds = 15;
const word = "lace";

/**
 * The search beside what people take instead, where it is installed: ripgrep, which reads every file for every question
 * and ranks nothing. The bare LanceDB script is a pair of the topic startup, the official Milvus client of lite.
 */
export async function benchPeers(workspace: Workspace): Promise<Figure[] | { skipped: string }> {
  const { PATH } = process.env;
  if (spawnSync("rg", ["--version"], { env: { PATH } }).status !== 0)
    return { skipped: "ripgrep (rg) is not installed" };
  const folder = await workspace.newFolder("peers");
  await writeMarkdown(join(folder, "docs"), { documents: 250, sections: 20, words: 150 });
  workspace.rag(["ingest", "docs"], folder);
  workspace.progress("peers: ripgrep");
  const ripgrep = await compare(
    rounds,
    () => workspace.rag(["search", word], folder).milliseconds,
    () => {
      const started = performance.now();
      const { status, error } = spawnSync("rg", ["--ignore-case", word, "docs"], {
        cwd: folder,
        env: { PATH },
        maxBuffer: 1 << 28,
      });
      // 1: nothing found, which is an answer too.
      if (status !== 0 && status !== 1) throw new Error(`rg ended with ${status}`, { cause: error });
      return performance.now() - started;
    },
  );
  const compared = {
    name: "rag search, 5k chunks",
    command: `rag search ${word}`,
    yardstick: "ripgrep",
    yardstickCommand: `rg --ignore-case ${word} docs`,
  };
  return comparisonFigures(ripgrep, compared, null);
}
