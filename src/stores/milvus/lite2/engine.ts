import { randomBytes } from "node:crypto";
import { realpath } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { privateRuntimeFolder } from "../../../files/user-folders.ts";
import { shortHash } from "../../../util/ids.ts";
import { type LaunchedProcess, launchProcess, startFailure } from "../lite/engine-process.ts";
import type { LitePython } from "../lite/environment.ts";
import { backend } from "../wire/errors.ts";

const script = fileURLToPath(new URL("./serve.py", import.meta.url));

export interface Lite2EngineOptions {
  /** Absolute path of the file. */
  database: string;
  variables: Readonly<Record<string, string | undefined>>;
  /** An interpreter that has milvus-lite 2.x. */
  python(): Promise<LitePython>;
}

/** The engine of one command: it ends with it. */
export interface Lite2Engine {
  address: string;
  /** Ends the engine and gives the file back to other programs. */
  end(): Promise<void>;
}

/**
 * Starts the engine of Milvus Lite 2.x on a socket that only this user reaches. Throws `UserError` where it cannot
 * start, or where another program has the file open.
 */
export async function startLite2Engine({
  database,
  variables,
  python: provide,
}: Lite2EngineOptions): Promise<Lite2Engine> {
  const python = await provide();
  const folder = await privateRuntimeFolder(variables);
  const path = await realpath(database);
  const name = shortHash(path).slice(0, 16);
  const log = join(folder, `${name}.log`);
  // Each engine has a socket of its own: one that ends removes it, also after another took over its database.
  const socket = join(folder, `${name}-${randomBytes(4).toString("hex")}.sock`);
  for (;;) {
    const launched: LaunchedProcess = await launchProcess({
      python,
      script,
      settings: ["--database", path, "--socket", socket],
      workingFolder: dirname(path),
      log,
      isFed: true,
      variables,
    });
    const { outcome } = launched;
    if ("address" in outcome) return { address: outcome.address, end: launched.end };
    if (outcome.error === "missing-package" && (await python.environment?.rebuild())) continue;
    if (outcome.error === "missing-package" && python.environment === undefined) {
      throw backend(
        "lite-packages",
        `the Python interpreter ${python.command} cannot open ${database}: ${outcome.message}`,
        {
          hint: "name one that has milvus-lite 2.5.1 in `milvus.python`, or leave it out to let this program provide one",
        },
      );
    }
    if (outcome.error === "locked") {
      throw backend("lite-locked", `the database ${database} is in use by another program`, {
        hint: "a database of Milvus Lite 2.x has one owner at a time: end that program, or let it finish",
      });
    }
    throw startFailure(outcome, { python, database, log });
  }
}
