import { findConfigFile } from "../../../config/find.ts";
import { reviewConfig } from "../../../config/load.ts";
import { remember } from "../../../config/trust/memory.ts";
import { ExitCode, UserError, messageOf } from "../../../errors.ts";
import type { CommonFlags } from "../../arguments/flags.ts";
import type { Command, CommandContext } from "../../context.ts";
import { confirm } from "../../render/confirm.ts";
import { type TrustReview, renderTrust, showDemands } from "../../render/setup/trust.ts";

export interface TrustFlags extends CommonFlags {
  yes?: boolean;
  revoke?: boolean;
}

/**
 * `rag trust`: shows what the project's configuration asks for, and remembers the user's answer by the file's hash. With
 * `--json` and without `--yes`, it only shows. Exits with 1 where the file is not trusted in the end.
 */
export const trust: Command<TrustFlags> = async (flags, context) => {
  const { variables, workingDirectory, homeDirectory, output } = context;
  if (flags.revoke) return revoke(context);
  const { environment, hash, demands, ...rest } = await reviewConfig({
    variables,
    workingDirectory,
    homeDirectory,
    configFile: null,
    overrides: [],
  });
  for (const notice of rest.notices) output.notice(notice);
  const { configFile: file } = environment;
  if (file === null || hash === null) {
    throw nothingToTrust();
  }
  const review: TrustReview = { file, trusted: environment.configIsTrusted, demands };
  if (review.trusted) return finish(review, "trusted");
  if (demands.length === 0) return finish(review, "harmless");
  if (flags.json && !flags.yes) return finish(review, "shown");
  if (!flags.json) await showDemands(review, output);
  const agreed = flags.yes === true || (await confirm("Trust this file as it is now?", context));
  if (!agreed) return finish(review, "refused");
  await recorded(remember(file, hash, variables));
  return finish({ ...review, trusted: true }, "trusted");

  async function finish(result: TrustReview, end: Parameters<typeof renderTrust>[1]): Promise<ExitCode> {
    await renderTrust(result, end, output);
    return result.trusted || end === "harmless" ? ExitCode.done : ExitCode.no;
  }
};

/** Takes the answer back; the file need not be valid for that. */
async function revoke({ variables, workingDirectory, homeDirectory, output }: CommandContext): Promise<ExitCode> {
  const { found } = await findConfigFile({ workingDirectory, homeDirectory, named: null });
  if (found === null) throw nothingToTrust();
  await recorded(remember(found.file, null, variables));
  await renderTrust({ file: found.file, trusted: false, demands: [] }, "revoked", output);
  return ExitCode.done;
}

function nothingToTrust(): UserError {
  return new UserError("config-not-found", "there is no configuration file to trust here", {
    hint: "run it in the project whose configuration asks for something",
  });
}

async function recorded(writing: Promise<string>): Promise<void> {
  await writing.catch((error: unknown) => {
    throw new UserError("trust-not-remembered", `the answer cannot be remembered: ${messageOf(error)}`, {
      hint: "set XDG_CONFIG_HOME to a folder that can be written",
      cause: error,
    });
  });
}
