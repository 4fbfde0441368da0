import { expect, it } from "vitest";
import { nearestNames } from "../../../src/pipeline/passages/nearest-names.ts";
import { depthOfHeading, placesOf } from "../../../src/pipeline/passages/place.ts";

const document = { kind: "document" } as const;

it.each([
  ["a.md", [{ source: "a.md", part: document }, { heading: "a.md" }]],
  [
    "a.md:12",
    [
      { source: "a.md:12", part: document },
      { source: "a.md", part: { kind: "lines", first: 12, last: null } },
      { heading: "a.md:12" },
    ],
  ],
  [
    "a.md:20-12",
    [
      { source: "a.md:20-12", part: document },
      { source: "a.md", part: { kind: "lines", first: 12, last: 20 } },
      { heading: "a.md:20-12" },
    ],
  ],
])("%s reads as what it can mean, the likeliest first", (text, places) => {
  expect(placesOf(text)).toEqual(places);
});

it.each([
  ["a.md#L3-L9", { source: "a.md", part: { kind: "lines", first: 3, last: 9 } }],
  ["a.md:12:5", { source: "a.md", part: { kind: "lines", first: 12, last: null } }],
  ["b#c.pdf#page=3", { source: "b#c.pdf", part: { kind: "page", page: 3 } }],
  ["a.md#Where data is", { source: "a.md", part: { kind: "heading", heading: "Where data is" } }],
  ["C:\\docs\\a.md:7", { source: "C:\\docs\\a.md", part: { kind: "lines", first: 7, last: null } }],
  ["0123456789ABCDEF0123456789abcdef", { id: "0123456789abcdef0123456789abcdef" }],
])("%s can be that", (text, place) => {
  expect(placesOf(text)).toContainEqual(place);
});

it.each([
  [["Guide", "Storage"], "storage", 2],
  [["Guide", "Storage"], "## Storage", 2],
  [["Guide", "Where data is, really"], "where-data-is-really", 2],
  [["Guide", "Storage", "Disks"], "Guide > Storage", 2],
  [["Guide", "Storage", "Disks"], "Guide › Storage › Disks", 3],
  [["Guide", "Storage"], "Stor", null],
  [["Guide", "Storage"], "Storage > Guide", null],
])("%j stands under %j at depth %j", (path, heading, depth) => {
  expect(depthOfHeading(path, heading)).toBe(depth);
});

it("proposes names with the same last part, then those spelled alike, and none for nonsense", () => {
  const names = ["docs/storage.md", "guide/storage.md", "guide/search.md"];
  expect(nearestNames(["storage.md"], names)).toEqual(["docs/storage.md", "guide/storage.md"]);
  expect(nearestNames(["storage"], names)).toEqual(["docs/storage.md", "guide/storage.md"]);
  expect(nearestNames(["guide/serach.md"], names)).toEqual(["guide/search.md"]);
  expect(nearestNames(["zebra"], names)).toEqual([]);
});
