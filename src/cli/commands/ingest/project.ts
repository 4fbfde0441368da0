import path from "node:path";
import type { Environment } from "../../../config/environment.ts";
import { projectIdentity } from "../../../config/project-identity.ts";
import type { Config } from "../../../config/schema.ts";
import { leadsInto } from "../../../files/real-path.ts";
import type { IngestProject } from "../../../pipeline/ingest/project.ts";
import type { Store } from "../../../stores/types.ts";

/** The project that a collection belongs to. A store in the project's own folder is not shared, and moves with it. */
export async function projectOf(store: Store, config: Config, environment: Environment): Promise<IngestProject> {
  const { projectRoot: root } = environment;
  const { portable, local, isNamed } = await projectIdentity(config, environment);
  const isStoreShared = store.kind === "milvus" || !(await leadsInto(root, path.resolve(root, store.location)));
  const aliases = portable === null ? [local] : isNamed ? [portable] : [portable, local];
  return { name: portable ?? (isStoreShared ? local : null), aliases, isNamed, root, isStoreShared };
}
