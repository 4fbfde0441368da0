import { compareCodePoints } from "../../util/compare-code-points.ts";
import type { Discovery } from "./discover.ts";

/** Both discoveries as one; they share no source. */
export function mergeDiscoveries(a: Discovery, b: Discovery): Discovery {
  const bySource = (x: { source: string }, y: { source: string }) => compareCodePoints(x.source, y.source);
  return {
    files: [...a.files, ...b.files].sort(bySource),
    covers: (source) => a.covers(source) || b.covers(source),
    failures: [...a.failures, ...b.failures].sort(bySource),
    warnings: [...a.warnings, ...b.warnings],
    leftOut: [...a.leftOut, ...b.leftOut],
  };
}
