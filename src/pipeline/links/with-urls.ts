import type { Hit, UrlStyle } from "../../types.ts";
import type { Citation } from "../ask/citations.ts";
import { type UrlMap, publishedUrl } from "./published-url.ts";

/** What was found, each hit and citation with the address at which it is published, where the map has its source. */
export function withUrls<Found extends { hits: Hit[]; citations?: Citation[] }>(
  found: Found,
  { urls, urlStyle }: { urls: UrlMap; urlStyle: UrlStyle },
): Pick<Found, "hits" | "citations"> {
  if (Object.keys(urls).length === 0) return found;
  const metadataOf = new Map(found.hits.map(({ source, metadata }) => [source, metadata]));
  const linked = <Place extends Hit | Citation>(place: Place): Place => {
    const metadata = metadataOf.get(place.source) ?? {};
    const url = publishedUrl({ ...place, metadata }, urls, urlStyle);
    return url === null ? place : { ...place, url };
  };
  const { citations } = found;
  return {
    ...found,
    hits: found.hits.map(linked),
    ...(citations === undefined ? {} : { citations: citations.map(linked) }),
  };
}
