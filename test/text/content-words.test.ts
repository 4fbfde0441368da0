import { describe, expect, it } from "vitest";

import { bestSimilarity, contentWords, stemSimilarity } from "../../src/text/content-words.ts";

describe("contentWords", () => {
  it.each([
    ["How is the data stored?", ["data", "store"]],
    ["What's Milvus's ÍNDICE?", ["milvu", "indic"]],
    ["数据是如何存储的？", ["数据", "存储"]],
    ["データはどこに保存されますか", ["データ", "保存"]],
    ["set max_chars to 1,600", ["set", "max_chars", "1,600"]],
    ["What is it?", []],
  ])("of %s", (text, words) => {
    expect(contentWords(text)).toEqual(words);
  });

  it("cuts Thai, which has no spaces, into words", () => {
    expect(contentWords("ข้อมูลถูกจัดเก็บที่ไหน")).toContain("ข้อมูล");
  });
});

describe("stemSimilarity", () => {
  it("is 1 for equal stems, less for a shared beginning, 0 for different words and figures", () => {
    expect(stemSimilarity("store", "store")).toBe(1);
    expect(stemSimilarity("store", "storag")).toBeGreaterThan(0);
    expect(stemSimilarity("store", "storag")).toBeLessThan(1);
    expect(stemSimilarity("store", "stone")).toBe(0);
    expect(stemSimilarity("19530", "19531")).toBe(0);
    expect(bestSimilarity("store", [])).toBe(0);
  });
});
