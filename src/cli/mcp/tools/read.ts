import { UserError } from "../../../errors.ts";
import { findCollection } from "../../../pipeline/collections/collections.ts";
import { withUrls } from "../../../pipeline/links/with-urls.ts";
import { type Part, type Place, placesOf } from "../../../pipeline/passages/place.ts";
import { readPassage } from "../../../pipeline/passages/read.ts";
import type { Extent } from "../../../pipeline/passages/surroundings.ts";
import { sourceNames } from "../../arguments/source-names.ts";
import { locationOf } from "../../render/location.ts";
import { type Runtime, linkOptions } from "../../runtime.ts";
import { linksTo, readResourceUri, resourceUri } from "../links.ts";
import type { ToolAnswer } from "../results.ts";

export interface ReadArguments {
  source: string;
  lines?: string | undefined;
  page?: number | undefined;
  section?: string | undefined;
  expand?: Extent | undefined;
  collection?: string | undefined;
}

/** The tool `read`. Throws as `rag get` does, and `UserError` `usage` where two places are named at once. */
export async function readTool(given: ReadArguments, runtime: Runtime): Promise<ToolAnswer> {
  const { config, environment, store } = runtime;
  const address = readResourceUri(given.source);
  const written = address?.place ?? given.source;
  const name = given.collection ?? address?.collection ?? config.collection;
  const collection = await findCollection(await store("looking"), name);
  const { passage, elsewhere } = await readPassage(collection, {
    places: placesIn(written, given),
    written,
    sourcesOf: (source) => sourceNames(source, environment),
    expand: given.expand ?? null,
  });
  const {
    hits: [{ url } = passage],
  } = await withUrls({ hits: [passage] }, linkOptions(runtime));
  const heading = passage.heading.join(" › ") || passage.title;
  const texts = [passage.before, passage.text, passage.after].flatMap((text) => text ?? []);
  return {
    text: `${locationOf(passage)}${heading === "" ? "" : ` (${heading})`}\n${texts.join("\n\n")}`,
    links: linksTo(name, [passage]),
    structured: { collection: name, uri: resourceUri(name, passage), ...passage, url: url ?? null },
    notices: elsewhere.length === 0 ? [] : [`the heading also stands in ${elsewhere.join(", ")}`],
  };
}

function placesIn(source: string, { lines, page, section }: ReadArguments): Place[] {
  const parts: Part[] = [
    ...(lines === undefined ? [] : [linesPart(lines)]),
    ...(page === undefined ? [] : [{ kind: "page", page } as const]),
    ...(section === undefined ? [] : [{ kind: "heading", heading: section } as const]),
  ];
  const [part, other] = parts;
  if (part === undefined) return placesOf(source);
  if (other !== undefined) {
    throw new UserError("usage", "lines, page and section name different places", { hint: "name one of them" });
  }
  return [{ source, part }];
}

function linesPart(lines: string): Part {
  const [first = 1, last = null] = lines.split("-").map(Number);
  if (last === null) return { kind: "lines", first, last };
  return { kind: "lines", first: Math.min(first, last), last: Math.max(first, last) };
}
