import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { writeMarkdown } from "./corpus.ts";
import { type Figure, atMost } from "./figure.ts";
import { compare, comparisonFigures } from "./measure.ts";
import { type Workspace, projectRoot } from "./workspace.ts";

const rounds = 15;

/** Whole processes, each beside one that does the unavoidable part only. */
export async function benchStartup(workspace: Workspace): Promise<Figure[]> {
  const folder = await workspace.newFolder("startup");
  const empty = join(folder, "empty.mjs");
  await writeFile(empty, "");

  workspace.progress("startup: rag --help");
  const help = await compare(
    rounds,
    () => workspace.rag(["--help"], folder).milliseconds,
    () => workspace.node([empty], folder).milliseconds,
  );

  workspace.progress("startup: rag search in 5,000 chunks");
  await writeMarkdown(join(folder, "docs"), { documents: 250, sections: 20, words: 150 });
  workspace.rag(["ingest", "docs"], folder);
  const query = "lace bani ruce";
  // The bare script is part of the project, where it finds LanceDB.
  const bare = join(projectRoot, "test", "bench", "bare-search.mjs");
  const search = await compare(
    rounds,
    () => workspace.rag(["search", query], folder).milliseconds,
    () => workspace.node([bare, join(folder, ".rag"), "docs", query], folder).milliseconds,
  );
  return [
    ...comparisonFigures(
      help,
      { name: "rag --help", command: "rag --help", yardstick: "an empty script", yardstickCommand: "node empty.mjs" },
      atMost(1.6),
    ),
    ...comparisonFigures(
      search,
      {
        name: "rag search, 5k chunks, BM25",
        command: `rag search "${query}"`,
        yardstick: "the bare script",
        yardstickCommand: `node test/bench/bare-search.mjs .rag docs "${query}"`,
      },
      atMost(1),
    ),
  ];
}
