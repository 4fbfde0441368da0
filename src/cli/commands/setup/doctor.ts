import path from "node:path";
import { readStoreAddress } from "../../../addresses/store-address.ts";
import { type ReviewedConfig, reviewConfig } from "../../../config/load.ts";
import type { Demand } from "../../../config/trust/demands.ts";
import { valueAt } from "../../../config/values.ts";
import { ExitCode, UserError } from "../../../errors.ts";
import { roomAt } from "../../../files/free-space.ts";
import { type Examination, type Finding, examine, ok, warn } from "../../../pipeline/doctor/check.ts";
import { collectionExaminations } from "../../../pipeline/doctor/collection-checks.ts";
import { modelExaminations } from "../../../pipeline/doctor/model-checks.ts";
import { chunkingOf } from "../../../pipeline/ingest/collection.ts";
import { looksSecret } from "../../../secrets/secret-variables.ts";
import { untilAborted } from "../../../util/until-aborted.ts";
import { type CommonFlags, commonOverrides } from "../../arguments/flags.ts";
import { withGivenFlags } from "../../arguments/suggested-commands.ts";
import type { CommandContext } from "../../context.ts";
import { createDoctorRenderer } from "../../render/setup/doctor.ts";
import { formatBytes } from "../../render/format.ts";
import type { Store } from "../../../stores/types.ts";
import { type Runtime, withRuntime } from "../../runtime.ts";

export interface DoctorFlags extends CommonFlags {
  /** Ask no model anything. */
  offline?: boolean;
}

/** Free bytes below which an ingest may fail: it writes new indexes beside the old ones. */
const littleSpaceBytes = 1_000_000_000;

/**
 * `rag doctor`: looks at everything that a run depends on. Exits with the code of the first failure: 2 where the
 * configuration is wrong, 4 where a store or a model fails.
 */
export async function doctor(flags: DoctorFlags, context: CommandContext): Promise<ExitCode> {
  const renderer = createDoctorRenderer(context.output, (hint) => withGivenFlags(hint, flags));
  const configuration = await examine(configurationExaminations(flags, context), renderer.show);
  const diagnoses = [configuration];
  // An invalid configuration opens nothing.
  if (configuration.failedWith === null) {
    const rest = withRuntime(flags, [], context, async (runtime) =>
      untilAborted(examine(await runtimeExaminations(runtime, flags, context), renderer.show), context.signal),
    );
    diagnoses.push(await rest);
  }
  await renderer.finish(diagnoses.flatMap(({ checks }) => checks));
  return diagnoses.find(({ failedWith }) => failedWith !== null)?.failedWith ?? ExitCode.done;
}

function configurationExaminations(flags: CommonFlags, context: CommandContext): Examination[] {
  const { variables, workingDirectory, homeDirectory } = context;
  let reviewing: Promise<ReviewedConfig> | null = null;
  const review = (): Promise<ReviewedConfig> =>
    (reviewing ??= reviewConfig({
      variables,
      workingDirectory,
      homeDirectory,
      configFile: flags.config ?? null,
      overrides: commonOverrides(flags),
    }));
  return [
    { name: "node", look: async () => ok(`version ${process.versions.node} on ${process.platform} ${process.arch}`) },
    {
      name: "configuration",
      look: async () => {
        const { environment, notices } = await review();
        if (notices.length > 0) return warn(notices.join("; "), "rename the file, or delete it");
        return ok(environment.configFile ?? "no file: the defaults hold");
      },
    },
    {
      name: "settings",
      after: "configuration",
      look: async () => ok(describeSettings(await review(), workingDirectory)),
    },
    {
      name: "trust",
      after: "configuration",
      look: async () => {
        const { environment, demands } = await review();
        if (demands.length > 0) throw untrusted(environment.configFile, demands);
        return ok(environment.configIsTrusted ? "you answer for these settings" : "the file asks for nothing more");
      },
    },
  ];
}

function untrusted(file: string | null, demands: readonly Demand[]): UserError {
  const asked = demands.map(({ setting, what }) => `${setting}: ${what}`).join("; ");
  return new UserError("untrusted-configuration", `${file ?? "the store"} needs your word, as ${asked}`, {
    hint: "if you trust it: rag trust",
  });
}

/** `collection = "docs" (.ragrc), milvus.uri = "http://…" (MILVUS_URI)`. */
function describeSettings({ config, origins, environment }: ReviewedConfig, workingDirectory: string): string {
  const file = environment.configFile;
  // `$schema` is for editors.
  const settings = [...origins].filter(([setting]) => setting !== "$schema");
  const given = settings.filter(([setting]) => valueAt(config, setting.split(".")) !== undefined);
  const described = given.map(([setting, origin]) => {
    const name = setting.split(".").at(-1) ?? setting;
    const value = valueAt(config, setting.split("."));
    const shown = looksSecret(name) || /key|token|password/i.test(name) ? "(set)" : JSON.stringify(value);
    return `${setting} = ${shown} (${origin === file ? path.relative(workingDirectory, origin) || origin : origin})`;
  });
  return described.length === 0 ? "all defaults" : described.join(", ");
}

async function runtimeExaminations(
  runtime: Runtime,
  { offline = false }: DoctorFlags,
  { signal }: CommandContext,
): Promise<Examination[]> {
  const { collection: name, embedding, chunking } = runtime.config;
  const store = await runtime.store("looking");
  const openEmbedder = () => runtime.openModel({ identity: null, dimensions: null, collectionDimensions: null });
  return [
    { name: "disk", look: () => examineDisk(runtime) },
    { name: "store", look: () => examineStore(store) },
    ...collectionExaminations({
      store,
      name,
      embedding,
      chunking: chunkingOf(await runtime.chunker(), chunking),
    }),
    ...modelExaminations({
      openEmbedder: embedding.provider === undefined ? null : openEmbedder,
      openChatModel: () => runtime.chatModel(),
      openReranker: () => runtime.reranker(),
      offline,
      signal,
    }),
  ];
}

async function examineStore(store: Store): Promise<Finding> {
  const pending = await store.pendingSetup();
  if (pending !== null) return warn(`${store.location}: ${pending}`);
  const { product, modes } = await store.engine();
  return ok(`${store.location} is served by ${product}; search by ${modes.join(", ")}`);
}

/** Where the collections lie on this machine. */
async function examineDisk({ config, environment }: Runtime): Promise<Finding> {
  const { uri } = config.milvus;
  const address = uri?.trim() ? readStoreAddress(uri) : { kind: "embedded" as const, path: config.store.path };
  if (address.kind === "milvus") return ok("the collections lie on a server");
  const place = path.resolve(environment.projectRoot, address.path);
  const { nearest, isWritable, freeBytes } = await roomAt(place);
  if (!isWritable) {
    throw new UserError("store-unusable", `${nearest} cannot be written by this user`, {
      hint: `give yourself the right to write there, or choose another place: ${uri ? "milvus.uri" : "store.path"}`,
      exitCode: ExitCode.backend,
    });
  }
  const room = `${formatBytes(freeBytes)} free at ${address.path}`;
  return freeBytes < littleSpaceBytes
    ? warn(room, "make room: an ingest writes indexes beside the old ones")
    : ok(room);
}
