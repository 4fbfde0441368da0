import { describe, expect, it } from "vitest";
import { markdown } from "../../../src/chunkers/markdown.ts";
import { sentence } from "../../../src/chunkers/sentence.ts";
import { pdfLoader } from "../../../src/loaders/pdf/pdf.ts";
import type { Document } from "../../../src/types.ts";
import { defaults } from "../../chunkers/support.ts";
import { lines, makePdf } from "../../fixtures/pdf.ts";
import type { PlacedText } from "../../fixtures/pdf.ts";

async function load(...pages: PlacedText[][]): Promise<Document> {
  return (await pdfLoader.load({ source: "guide.pdf", bytes: makePdf({ pages }) })).document;
}

function heading(text: string, y: number, size = 18): PlacedText {
  return { text, x: 72, y, size };
}

/** Six lines of prose, at 10 points. */
function prose(about: string, top: number): PlacedText[] {
  return lines(
    Array.from({ length: 6 }, (_, line) => `The ${about} is described here, in its line number ${line}`),
    { top },
  );
}

function outline(document: Document): string[][] {
  return document.pages.map(({ headings = [], text }) =>
    headings.map(({ start, level, text: name }) => {
      expect(text.slice(start).replaceAll(/\s+/g, " ").startsWith(name)).toBe(true);
      return `${level} ${name}`;
    }),
  );
}

describe("headings of a PDF", () => {
  it("are set larger than the text; their size makes their level", async () => {
    const document = await load(
      [heading("Handbook", 800, 30), heading("Travel", 740), ...prose("train", 700)],
      [...prose("plane", 780), heading("Health", 600), ...prose("doctor", 560)],
    );
    expect(outline(document)).toEqual([["1 Handbook", "2 Travel"], ["2 Health"]]);
  });

  it("run over several lines", async () => {
    const document = await load([
      heading("Rules for the use of", 780),
      heading("rented cars", 758),
      ...prose("car", 700),
    ]);
    expect(outline(document)).toEqual([["1 Rules for the use of rented cars"]]);
  });

  it("are no sentences, numbers, bullets or long passages in large type, nor the same size as the text", async () => {
    const document = await load([
      heading("This is a sentence in large type.", 820),
      heading("1,234.50", 780),
      heading("- a point of a list", 740),
      ...lines(Array.from({ length: 5 }, (_, line) => `large prose, line ${line}`)).map((text, line) => ({
        ...text,
        y: 700 - line * 20,
        size: 18,
      })),
      heading("Not larger", 560, 10),
      ...prose("text", 520),
      ...prose("rest", 400),
    ]);
    expect(outline(document)).toEqual([[]]);
  });

  it("are bold lines of their own, below all that are larger", async () => {
    const bold = (text: string, y: number, x = 72): PlacedText => ({ text, x, y, size: 10, font: "bold" });
    const document = await load(
      [
        heading("Travel", 800),
        bold("Trains", 770),
        ...prose("train", 750),
        bold("Planes", 650),
        ...prose("plane", 630),
      ],
      [
        bold("Boats", 780),
        ...prose("boat", 760),
        // Emphasis in the text, a head of a table, a label, the end of a sentence.
        bold("The text goes on in bold", 688),
        { text: "and here it goes on as it was", x: 72, y: 676, size: 10 },
        bold("Name", 640),
        bold("Price", 640, 300),
        bold("Note:", 600),
        bold("This is important.", 560),
        ...prose("rest", 520),
      ],
    );
    expect(outline(document)).toEqual([["1 Travel", "2 Trains", "2 Planes"], ["2 Boats"]]);
  });

  it("are not lines in a font whose name has the letters of one that is bold", async () => {
    const line = { text: "Trains", x: 72, y: 770, size: 10, font: "academica" } as const;
    expect(outline(await load([line, ...prose("train", 750), ...prose("rest", 630)]))).toEqual([[]]);
  });

  it("are not bold lines where most of the text is bold", async () => {
    const all = [heading("Short", 780, 10), ...prose("text", 760)].map((text) => ({ ...text, font: "bold" as const }));
    expect(outline(await load(all))).toEqual([[]]);
  });

  it("at the head of every page leave the section that is open", async () => {
    const document = await load(
      [heading("Manual", 800, 30), heading("Pumps", 740), ...prose("pump", 700)],
      [heading("Manual", 800, 30), ...prose("valve", 740)],
    );
    expect(outline(document)).toEqual([["1 Manual", "2 Pumps"], []]);
    expect(markdown.chunk(document, defaults).map((chunk) => [chunk.page, chunk.heading])).toEqual([
      [1, ["Manual", "Pumps"]],
      [2, ["Manual", "Pumps"]],
    ]);
  });
});

describe("passages of a PDF", () => {
  it("begin with a heading and stand under it, on the pages that follow as well", async () => {
    const document = await load(
      [heading("Travel", 800), ...prose("train", 780), heading("Health", 600), ...prose("doctor", 580)],
      [...prose("hospital", 780), heading("Pay", 600), ...prose("salary", 580)],
    );
    const chunks = markdown.chunk(document, defaults);
    expect(chunks.map(({ page, heading: path, text }) => [page, path.join(" > "), text.split("\n")[0]])).toEqual([
      [1, "Travel", "Travel"],
      [1, "Health", "Health"],
      [2, "Health", "The hospital is described here, in its line number 0"],
      [2, "Pay", "Pay"],
    ]);
  });

  it("of every strategy stand under headings", async () => {
    const document = await load(
      [heading("Travel", 800), ...prose("train", 780), heading("Health", 600)],
      prose("hospital", 780),
    );
    const chunks = sentence.chunk(document, defaults);
    expect(chunks.map(({ page, heading: path }) => [page, path.join(" > ")])).toEqual([
      [1, "Travel"],
      [2, "Health"],
    ]);
  });

  it("hold a heading without text below it with what follows", async () => {
    const document = await load([heading("Part one", 800, 30), heading("Travel", 740), ...prose("train", 700)]);
    const chunks = markdown.chunk(document, defaults);
    expect(chunks).toHaveLength(1);
    expect(chunks[0]?.text.startsWith("Part one\n\nTravel\n\nThe train")).toBe(true);
  });
});
