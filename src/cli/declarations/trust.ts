import type { Command as Program } from "commander";
import { refuseTogether } from "../arguments/contradictions.ts";
import type { TrustFlags } from "../commands/setup/trust.ts";
import type { Dispatch } from "../context.ts";

/** Adds `rag trust` to the program. */
export function addTrust(program: Program, dispatch: Dispatch): void {
  const command = program.command("trust");
  refuseTogether(command, [{ flags: ["--yes", "--revoke"], hint: "--yes trusts the file, --revoke takes that back" }]);
  command
    .summary("show what a project's configuration asks for, and agree to it")
    .description(
      "Show what the configuration of a project asks for beyond what a project may decide: to send data to a host, to " +
        "reach outside of its folder, to read variables, to run a program. Agreed to, it is trusted until it changes.",
    )
    .option("-y, --yes", "agree without asking")
    .option("--revoke", "trust the file no more")
    .addHelpText(
      "after",
      `
With --json and without --yes it only shows. Exits with 1 where the file asks for something and is not trusted. In
scripts, RAG_ALLOW_HOST=host agrees to a single host, and --config <file> to a file for one run.`,
    )
    .action((_: unknown, command: Program) =>
      dispatch<TrustFlags>(command.optsWithGlobals(), async () => (await import("../commands/setup/trust.ts")).trust),
    );
}
