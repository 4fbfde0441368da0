import { describe, expect, it } from "vitest";
import { layOutLines } from "../../../src/loaders/pdf/layout.ts";

const size = 10;

/** Runs on one line, each where it begins; every character is half as wide as the font is high. */
function lineOf(...pieces: readonly (readonly [text: string, x: number])[]): string {
  const runs = pieces.map(([text, x], at) => ({
    text,
    transform: [size, 0, 0, size, x, 700],
    width: (text.length * size) / 2,
    vertical: false,
    bold: false,
    endsLine: at === pieces.length - 1,
  }));
  return layOutLines(runs)[0]?.text ?? "";
}

/** Each character as a run of its own, from the left to the right as it is seen. */
function glyphs(seen: string): string {
  return lineOf(...Array.from(seen, (character, at) => [character, 100 + (at * size) / 2] as const));
}

describe("a line of a script that is written from right to left", () => {
  it("is read from the right where its words are drawn from the left", () => {
    expect(lineOf(["נתונים", 100], ["מסד", 135], ["שלום", 155])).toBe("שלום מסד נתונים");
    expect(lineOf(["البيانات", 100], ["قاعدة", 145])).toBe("قاعدة البيانات");
  });

  it("stays as it is where its words are drawn from the right", () => {
    expect(lineOf(["שלום", 155], ["מסד", 135], ["נתונים", 100])).toBe("שלום מסד נתונים");
  });

  it("is read letter by letter", () => {
    expect(glyphs("םלוע םולש")).toBe("שלום עולם");
    expect(glyphs("ةدعاق")).toBe("قاعدة");
  });

  it("has numbers and foreign words in their own direction", () => {
    expect(glyphs("2024 תנשב")).toBe("בשנת 2024");
    expect(lineOf(["משתמשת", 100], ["Milvus", 135], ["Lite", 170], ["גרסה", 195])).toBe("גרסה Milvus Lite משתמשת");
  });
});

describe("a line of Latin script", () => {
  it("keeps its order, and turns what is written the other way in it", () => {
    expect(lineOf(["The", 100], ["words", 120], ["עולם", 150], ["שלום", 175], ["mean", 200], ["hello", 225])).toBe(
      "The words שלום עולם mean hello",
    );
  });
});
