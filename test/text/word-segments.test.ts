import { describe, expect, test } from "vitest";
import { wordSegments } from "../../src/text/word-segments.ts";

const byUnicode = new Intl.Segmenter("en", { granularity: "word" });

describe.each([
  "How is data stored in Milvus 2.4?",
  "don't use node.js, C++ or foo-bar_baz; it's 3.14 (or 1:2)",
  "std::vector a:b x.y.z v1.2.3 1,600 a,b 3;4 rock'n'roll host:19530 _x",
  "Größe, naïve café — “quoted” l’été",
  "Привет, мир! Ελληνικά κείμενο.",
  "مرحبا بالعالم",
  "数据存储在哪里? Milvus 和 etcd",
  "สวัสดีชาวโลก",
  "emoji 👩‍👩‍👧 and 𠮷",
  "",
  "   ",
])("%j", (text) => {
  const segments = [...wordSegments(text)];

  test("is made of its segments, each at its place", () => {
    expect(segments.map(({ segment }) => segment).join("")).toBe(text);
    for (const { segment, index } of segments) expect(text.slice(index, index + segment.length)).toBe(segment);
  });

  test("has the words that Unicode's rules give it", () => {
    const words = [...byUnicode.segment(text)].filter(({ isWordLike }) => isWordLike).map(({ segment }) => segment);
    expect(segments.filter(({ isWordLike }) => isWordLike).map(({ segment }) => segment)).toEqual(words);
  });
});
