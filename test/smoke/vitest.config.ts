import { defineConfig } from "vitest/config";

/** The packed package, installed elsewhere: slower than the tests, and in need of the package registry. */
export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ["*.test.ts"],
    testTimeout: 60_000,
    hookTimeout: 600_000,
    pool: "forks",
  },
});
