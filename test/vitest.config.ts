import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/**
 * Files that take longest, the longest first: what begins last and takes long leaves the other cores idle. The first
 * ones mostly wait for a server, so that those behind them have the cores meanwhile.
 */
const longest = [
  "stores/milvus/server/milvus-2.3",
  "cli/convergence-of-commands",
  "cli/convergence",
  "stores/milvus/server/interim-index",
  "stores/milvus/lite/store",
  "security/hostile",
  "cli/faults",
  "stores/milvus/lite/engine",
  "docs/running",
  "eval/xquad",
  "cli/ingest-and-search",
  "stores/milvus/lite/limits",
  "cli/keys",
  "security/linear",
  "markdown/linear",
  "loaders/damaged",
].map((name) => `/test/${name}.test.ts`);

/** Begins with the longest files. Vitest itself knows them only where it keeps the times of earlier runs. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const index = longest.findIndex((name) => moduleId.endsWith(name));
      return index === -1 ? longest.length : index;
    };
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
  }
}

export default defineConfig({
  root: fileURLToPath(new URL("..", import.meta.url)),
  test: {
    include: ["test/**/*.test.ts"],
    // Installs the packed package, which takes a minute and the package registry: `npm run smoke`.
    exclude: ["test/smoke/**", "test/fixtures/**"],
    globalSetup: ["test/build.ts"],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    pool: "forks",
    // More than there are cores, as many wait for a server or a process; by itself vitest leaves one core free.
    maxWorkers: availableParallelism() + 2,
    sequence: { sequencer: LongestFirst },
  },
});
