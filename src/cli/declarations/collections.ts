import type { Command as Program } from "commander";
import { namingCollection } from "../arguments/collection-argument.ts";
import type { CollectionFlags, CommonFlags } from "../arguments/flags.ts";
import { filled } from "../arguments/values.ts";
import type { DropFlags } from "../commands/collections.ts";
import type { CopyFlags } from "../commands/copy.ts";
import type { Dispatch } from "../context.ts";

/** Adds `rag collections` and its subcommands to the program. */
export function addCollections(program: Program, dispatch: Dispatch): void {
  const collections = program
    .command("collections")
    .summary("list, show, copy and drop collections")
    .description("List, show, copy and drop collections.")
    .helpCommand("help [command]", "print the help of a command");
  collections
    .command("list")
    .description("List the collections of the store.")
    .action((_: unknown, command: Program) =>
      dispatch<CommonFlags>(command.optsWithGlobals(), async () => {
        const { listCollections } = await import("../commands/collections.ts");
        return listCollections;
      }),
    );
  collections
    .command("show")
    .description("Show a collection: documents, chunks, how it was made, indexes, size.")
    .argument("[name]", "the collection; or name it with --collection")
    .action((name: string | undefined, _: unknown, command: Program) =>
      dispatch<CollectionFlags>(namingCollection<CollectionFlags>(name, command), async () => {
        const { showCollection } = await import("../commands/collections.ts");
        return showCollection;
      }),
    );
  collections
    .command("sources")
    .description("List the documents of a collection.")
    .argument("[name]", "the collection; or name it with --collection")
    .action((name: string | undefined, _: unknown, command: Program) =>
      dispatch<CollectionFlags>(namingCollection<CollectionFlags>(name, command), async () => {
        const { listSources } = await import("../commands/collections.ts");
        return listSources;
      }),
    );
  collections
    .command("drop")
    .description(
      "Drop a collection: delete it with all that it holds. Asks first on a terminal; elsewhere it needs --yes.",
    )
    .argument("[name]", "the collection; or name it with --collection")
    .option("-y, --yes", "drop it without asking")
    .action((name: string | undefined, _: unknown, command: Program) =>
      dispatch<DropFlags>(namingCollection<DropFlags>(name, command), async () => {
        const { dropCollection } = await import("../commands/collections.ts");
        return dropCollection;
      }),
    );
  collections
    .command("copy")
    .usage("[name] --to <uri> [options]")
    .description(
      "Copy a collection to another store, vectors included: nothing is embedded again. Interrupted, the same command " +
        "goes on; run again later, it brings over what changed. At the end both sides are compared.",
    )
    .argument("[name]", "the collection; or name it with --collection")
    .requiredOption("--to <uri>", "store to copy to: a folder, a path ending in .db, or an address", filled("--to"))
    .option("--as <name>", "name of the copy, in place of the collection's own", filled("--as"))
    .addHelpText(
      "after",
      `
The target is read like milvus.uri: a path ending in .db is Milvus Lite, http://host:19530 or host:19530 a server, and
https://… Zilliz Cloud. Any other path with a slash is the folder of an embedded store, as is what follows file:. A bare
name, a host in milvus.uri, is refused here: it could be meant as a folder. A server gets the token in MILVUS_TOKEN, or
user:password@ from the address.

A target collection that exists is continued where it was made with the same embedding model and metric, and holds no
document that the source has not; otherwise it is left as it is, and --as names another one.

Examples:
  rag collections copy docs --to ./milvus.db
  rag collections copy docs --to http://localhost:19530 --as docs_2026
  rag collections copy docs --to ./backup/.rag`,
    )
    .action((name: string | undefined, _: unknown, command: Program) =>
      dispatch<CopyFlags>(namingCollection<CopyFlags>(name, command), async () => {
        const { copyCollection } = await import("../commands/copy.ts");
        return copyCollection;
      }),
    );
}
