import type { Output } from "./render/output.ts";

/** Says how long each stage took, as soon as the next begins. */
export function stageTimer<Stage extends string>(output: Output): { enter(stage: Stage): void; end(): void } {
  let current: { stage: Stage; started: number } | null = null;
  const end = () => {
    if (current !== null) output.stage(current.stage, performance.now() - current.started);
    current = null;
  };
  return {
    enter: (stage) => {
      if (current?.stage === stage) return;
      end();
      current = { stage, started: performance.now() };
    },
    end,
  };
}
