import { describe, expect, it } from "vitest";

import { extractiveModel } from "../../../src/chat/extractive/extractive.ts";
import { findCitations } from "../../../src/pipeline/ask/citations.ts";
import { hitOf } from "../../hits.ts";

const storage = hitOf(
  "## Storage\n\nThe engine keeps two kinds of data.\nRecords are written to object storage, up to 65,535 bytes each.\n\nMetadata live in etcd.",
  { source: "docs/storage.md", heading: ["Guide", "Storage"], startLine: 10, endLine: 15 },
);
const ports = hitOf("The server listens on port 19530 for gRPC.", {
  source: "a.pdf",
  page: 4,
  startLine: null,
  endLine: null,
});
const passages = [storage, ports];

const numbers = (answer: string) => findCitations(answer, passages).citations.map(({ n }) => n);
const verified = (answer: string) => findCitations(answer, passages).citations.map((one) => one.verified);

describe("what counts as a citation", () => {
  it.each([
    ["Metadata live in etcd [1].", [1]],
    ["Metadata live in etcd. [1]", [1]],
    ["Two things [2, 1].", [2, 1]],
    ["Two things [1][2].", [1, 2]],
    ["Two things [1-2].", [1, 2]],
    ["Two things [1] [2] and again [1].", [1, 2]],
    ["元数据存储在etcd中［１］。端口【2】。", [1, 2]],
    ["A footnote[^1].", [1]],
    ["No citation here.", []],
    ["Use `list[1]` for it.", []],
    ["```\nlist[1]\n```", []],
    ["The years [1990-2020] and [x].", []],
  ])("%s", (answer, expected) => {
    expect(numbers(answer)).toEqual(expected);
  });

  it("reports numbers that belong to no passage", () => {
    expect(findCitations("One [1]. Seven [7]. None [0].", passages)).toMatchObject({
      citations: [{ n: 1 }],
      unknown: [7, 0],
    });
  });
});

describe("the quote", () => {
  it("is the passage's sentence that bears out the statement, on its own lines", () => {
    expect(findCitations("All metadata live in etcd [1].", passages).citations).toEqual([
      {
        n: 1,
        source: "docs/storage.md",
        heading: ["Guide", "Storage"],
        page: null,
        startLine: 15,
        endLine: 15,
        quote: "Metadata live in etcd.",
        verified: true,
        supported: true,
        why: null,
      },
    ]);
    expect(findCitations("Records go to object storage [1].", passages).citations[0]).toMatchObject({
      startLine: 13,
      endLine: 13,
      quote: "Records are written to object storage, up to 65,535 bytes each.",
    });
  });

  it("names the page where a passage has no lines", () => {
    expect(findCitations("gRPC is served on port 19530 [2].", passages).citations[0]).toMatchObject({
      page: 4,
      startLine: null,
      endLine: null,
      verified: true,
    });
  });
});

describe("verification", () => {
  it.each([
    ["the passage's own words", "Metadata live in etcd. [1]", [true]],
    ["other words of the same content", "It writes records to object storage [1].", [true]],
    ["two passages together", "Metadata are in etcd and gRPC is on port 19530 [1][2].", [true, true]],
    ["a list", "- Metadata live in etcd [1]\n- The server listens on a port for gRPC [2]", [true, true]],
    ["a marker that opens its line", "[1] Metadata live in etcd.\n[2] The server listens on port 19530.", [true, true]],
    ["a figure written otherwise", "Records have at most 65535 bytes [1].", [true]],
    ["a literal quotation", 'It says "written to object storage" of records [1].', [true]],
  ])("holds for %s", (_, answer, expected) => {
    expect(verified(answer)).toEqual(expected);
  });

  it.each([
    ["another subject", "The museum opens at noon on Sundays [1].", [false]],
    ["the wrong passage", "Metadata live in etcd [2].", [false]],
    ["a figure that is not there", "The server listens on port 19531 for gRPC [2].", [false]],
    ["a quotation that is not there", 'Records: "written to local disks at once" [1] in storage.', [false]],
    ["one of two statements", "Metadata live in etcd [1]. The museum opens at noon [1].", [false]],
  ])("fails for %s", (_, answer, expected) => {
    expect(verified(answer)).toEqual(expected);
  });

  const cluster = [
    hitOf("The cluster has 3 nodes. Release 2.4.1 is required. Partitions are not supported by the lite engine."),
    hitOf("Data is not kept in memory but on disk. Release v2.4 runs on four machines."),
  ];
  const verifiedIn = (answer: string) => findCitations(answer, cluster).citations.map((one) => one.verified);

  it.each([
    ["a single digit", "The cluster has 3 nodes [1].", true],
    ["a number in words", "The cluster has three nodes [1].", true],
    ["a number in words that the passage has in words", "Release v2.4 runs on 4 machines [2].", true],
    ["another digit", "The cluster has 5 nodes [1].", false],
    ["another number in words", "The cluster has five nodes [1].", false],
    ["a version", "Release 2.4.1 is required [1].", true],
    ["a shorter version", "Release 2.4 is required [1].", false],
    ["a longer version", "Release v2.4.1 runs on four machines [2].", false],
    ["a negation", "The lite engine does not support partitions [1].", true],
    ["a negation that the passage has not", "The cluster has not 3 nodes [1].", false],
    ["a negation that is left out", "Partitions are supported by the lite engine [1].", false],
    ["the other half of a sentence that denies something", "Data is kept on disk [2].", true],
  ])("minds %s", (_, answer, expected) => {
    expect(verifiedIn(answer)).toEqual([expected]);
  });

  it("takes no longer than the answer is long", () => {
    // Time on the processor: other processes make the clock's time longer.
    const started = process.cpuUsage();
    findCitations("The cluster has 3 nodes [1] ".repeat(4000), cluster);
    const { user, system } = process.cpuUsage(started);
    expect((user + system) / 1000).toBeLessThan(20_000);
  });

  it("holds for every citation of the extractive model", async () => {
    const hits = [
      storage,
      ports,
      hitOf("Backups need:\n\n- a [bucket](x) for data\n- a **schedule**\n\n```sh\nbackup --data list[1]\n```\n"),
      hitOf("数据存储在对象存储中。"),
    ];
    for (const question of [
      "How is data kept in storage?",
      "Which port is for gRPC?",
      "What do backups need?",
      "数据存储在哪里？",
    ]) {
      let answer = "";
      for await (const event of extractiveModel.answer({
        question,
        passages: hits,
        frequencies: null,
        messages: [],
        stream: true,
      })) {
        if (event.type === "quote") answer += event.text;
      }
      const { citations, unknown } = findCitations(answer, hits);
      expect(citations.length).toBeGreaterThan(0);
      expect(citations.filter((one) => !one.verified)).toEqual([]);
      expect(unknown).toEqual([]);
    }
  });
});
