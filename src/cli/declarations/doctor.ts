import type { Command as Program } from "commander";
import type { CommonFlags } from "../arguments/flags.ts";
import type { DoctorFlags } from "../commands/setup/doctor.ts";
import type { Dispatch } from "../context.ts";

/** Adds `rag doctor` to the program. */
export function addDoctor(program: Program, dispatch: Dispatch): void {
  program
    .command("doctor")
    .summary("look at everything that a run depends on, and say what to mend")
    .description(
      "Look at everything that a run depends on: the configuration and where each setting came from, the store, the " +
        "collection, the models. Each line is ok, warn or fail, with what to do. Exits with 2 where the configuration is " +
        "wrong, and with 4 where a store or a model fails.",
    )
    .option("--offline", "ask no model anything")
    .addHelpText(
      "after",
      `
A model is asked one tiny question. Nothing is written, and nothing is downloaded.

Examples:
  rag doctor
  rag doctor --offline --json`,
    )
    .action((_: unknown, command: Program) =>
      dispatch<DoctorFlags>(
        command.optsWithGlobals<CommonFlags & DoctorFlags>(),
        async () => (await import("../commands/setup/doctor.ts")).doctor,
      ),
    );
}
