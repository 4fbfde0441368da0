import { expect, it } from "vitest";
import { collectionName, serverName } from "../../../../src/stores/milvus/names/hyphens.ts";

it.each([
  ["docs", "docs"],
  ["my_docs", "my_docs"],
  ["my-docs", "my_docs__h1"],
  ["my_docs-v2", "my_docs_v2__h2"],
  ["a-b_c-d", "a_b_c_d__h5"],
  ["a_b__h1", "a_b__h1__h0"],
  ["a-b__h1", "a_b__h1__h1"],
  ["a_b__h1__h0", "a_b__h1__h0__h0"],
])("%s is %s on a server", (name, onServer) => {
  expect(serverName(name)).toBe(onServer);
  expect(collectionName(onServer)).toBe(name);
});

it.each(["docs__h0", "docs__h1", "a_b__h2", "a_b__h01", "_a__h1", "a__hz", "__h1"])(
  "%s, which another program may have made, is left as it is",
  (onServer) => {
    expect(serverName(collectionName(onServer))).toBe(onServer);
  },
);

it("maps no two names to one, and reads each back", () => {
  const parts = ["a", "-", "_", "__h", "0", "1"];
  const names = new Set(["a"]);
  for (let length = 0; length < 5; length += 1) {
    for (const name of Array.from(names)) for (const part of parts) names.add(name + part);
  }
  const onServer = [...names].map(serverName);
  expect(new Set(onServer).size).toBe(names.size);
  expect(onServer.map(collectionName)).toEqual([...names]);
  expect(onServer.filter((name) => name.includes("-"))).toEqual([]);
  // A name that a server has already is found under the name that it is listed by.
  const plain = [...names].filter((name) => !name.includes("-"));
  expect(plain.map((name) => serverName(collectionName(name)))).toEqual(plain);
});
