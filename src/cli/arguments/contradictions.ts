import type { Command as Program } from "commander";
import { UserError } from "../../errors.ts";

/** Two flags that cannot both be meant. */
export interface Contradiction {
  flags: readonly [string, string];
  hint: string;
}

/** Has the command refuse flags that contradict each other, in any order, with `UserError` `usage`. */
export function refuseTogether(command: Program, contradictions: readonly Contradiction[]): void {
  const given = new Set<string>();
  for (const flag of new Set(contradictions.flatMap(({ flags }) => flags))) {
    command.on(`option:${flag.replace(/^--/, "")}`, () => {
      given.add(flag);
      const broken = contradictions.find(({ flags }) => flags.every((name) => given.has(name)));
      if (broken === undefined) return;
      const { flags, hint } = broken;
      throw new UserError("usage", `${flags.join(" and ")} contradict each other`, { hint });
    });
  }
}
