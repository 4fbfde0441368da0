import { access } from "node:fs/promises";
import { resolve } from "node:path";
import { UserError } from "../../errors.ts";
import { isAddress } from "../pages/address.ts";
import type { Collection } from "../../stores/types.ts";

/** The project that is ingested. */
export interface IngestProject {
  /** Stored with a new collection; `null`: no project is stored. */
  name: string | null;
  /** What a collection of this project may remember. */
  aliases: readonly string[];
  /** The user said which project it is. */
  isNamed: boolean;
  /** Absolute folder that sources are relative to. */
  root: string;
  /** Other projects may ingest into the same store. */
  isStoreShared: boolean;
}

/** Documents of a collection that are looked for among the files, at most. */
const documentsToLookFor = 500;

/**
 * Throws `UserError` `other-project` where a collection of a shared store belongs to another project: sources are
 * relative to their project, so an ingest would overwrite and remove documents of the other. A collection that remembers
 * no project belongs to the one in which most of its documents are files.
 */
export async function refuseOtherProject(
  collection: Collection,
  { aliases, isNamed, isStoreShared, root }: IngestProject,
  location: string,
): Promise<void> {
  const { name, manifest } = collection;
  const owner = manifest.project ?? null;
  if (!isStoreShared || (owner === null && isNamed) || (owner !== null && aliases.includes(owner))) return;
  if (owner !== null) {
    throw new UserError(
      "other-project",
      `the collection "${name}" in ${location} belongs to the project ${owner}, and this is ${aliases[0] ?? root}`,
      {
        hint: `ingest into a collection of another name: --collection <name>; where both are one project: --project ${owner}`,
      },
    );
  }
  // An address is the same from every project, and tells nothing.
  const sources = (await collection.documents()).map(({ source }) => source).filter((source) => !isAddress(source));
  const looked = sources.slice(0, documentsToLookFor);
  const found = await Promise.all(
    looked.map((source) =>
      access(resolve(root, source)).then(
        () => true,
        () => false,
      ),
    ),
  );
  const here = found.filter(Boolean).length;
  if (here * 2 >= looked.length) return;
  throw new UserError(
    "other-project",
    `the collection "${name}" in ${location} seems to belong to another project: of ${looked.length} documents in it, ${here} are files of this one`,
    {
      hint: "ingest into a collection of another name: --collection <name>; where it is this project's: --project <name>",
    },
  );
}
