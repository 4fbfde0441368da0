import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { UserError } from "../../src/errors.ts";
import { isSupported, loaderFor } from "../../src/loaders/loader-for-file.ts";
import type { LoadResult } from "../../src/loaders/types.ts";
import { needing } from "../fixtures/needs.ts";
import { sharedData } from "../fixtures/shared-data.ts";

/** What must come out of a file; `outcome` may allow for several things, e.g. `ok-or-error`. */
interface Expectation {
  file: string;
  tests: string;
  outcome: string;
  must_include: string[];
  must_not_include: string[];
}

const files = join(sharedData ?? "", "files");
const expectations: Expectation[] =
  sharedData === null ? [] : JSON.parse(readFileSync(join(files, "expect.json"), "utf8"));

/** A font without a character map: neither PDF.js nor PDFium reads it. The loader says so. */
const withoutCharacterMap = "pdf/non_unicode_cmap.pdf";

async function load(file: string): Promise<LoadResult | UserError> {
  const bytes = readFileSync(join(files, file));
  try {
    return await (await loaderFor(file, bytes)).load({ source: file, bytes });
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
}

function textOf(result: LoadResult): string {
  return result.document.pages.map((page) => page.text).join("\n");
}

async function loaded(file: string): Promise<LoadResult> {
  const result = await load(file);
  if (result instanceof UserError) throw result;
  return result;
}

/** In what the result is not what is expected. */
function problemsOf(result: LoadResult | UserError, expected: Expectation): string[] {
  const { file, outcome } = expected;
  if (result instanceof UserError) return outcome.includes("error") ? [] : [`failed: ${result.message}`];
  const text = textOf(result);
  // What a chunker leaves out of Markdown is still part of the page.
  const excluded = expected.must_not_include.filter((part) => !file.endsWith(".md") || part.length === 1);
  return [
    ...(outcome === "error" ? ["did not fail"] : []),
    ...((text.trim() === "") === outcome.startsWith("empty") ? [] : [`has ${text.length} characters`]),
    ...(outcome === "empty-with-warning" && !result.warnings.join().includes("OCR") ? ["has no warning"] : []),
    ...expected.must_include.filter((part) => !text.includes(part)).map((part) => `lacks ${part}`),
    ...excluded.filter((part) => text.includes(part)).map((part) => `has ${part}`),
    ...(/\0|\r|\p{Surrogate}/u.test(text) ? ["is not well-formed text"] : []),
  ];
}

// Skipped where the folder of awkward real files is absent: the other tests stand for themselves.
describe("real and awkward files", needing("shared-data"), () => {
  const supported = expectations.filter(({ file }) => isSupported(file) && file !== withoutCharacterMap);

  it.each(supported)("$file: $outcome ($tests)", async (expected) => {
    expect(problemsOf(await load(expected.file), expected)).toEqual([]);
  });

  it.each([
    ["pdf/encrypted_rc4_40_pw_foo.pdf", "encrypted"],
    ["pdf/not_a_pdf.pdf", "not-a-pdf"],
    ["pdf/html_named.pdf", "not-a-pdf"],
    ["other/random.bin", "unsupported-format"],
    ["docx/legacy_sample.doc", "unsupported-format"],
  ])("%s is refused: %s", async (file, code) => {
    expect(await load(file)).toMatchObject({ name: "UserError", code });
  });

  it.each([
    ["other/test.json", "5b64c88c-b3c3-4510-bcb8-da0b200602d8"],
    ["csv/mskanji_cp932.csv", "髙橋淳"],
    ["enc/milvus_performance_faq.de.cp1252.md", "für"],
    ["enc/milvus_performance_faq.ja.shift_jis.md", "パフォーマンス"],
    ["enc/sample-russian.mac_cyrillic.txt", "творческому мышлению"],
    ["enc/sample-korean.cp949.txt", "예수에 대한 연구"],
    ["enc/sample-arabic-1.cp1256.txt", "الجزائر"],
    ["enc/sample-polish.utf-8.txt", "KAMERY"],
  ])("%s is read as text, whatever its encoding", async (file, part) => {
    expect(textOf(await loaded(file))).toContain(part);
  });

  it("a PDF whose fonts have no character map is said to be unreadable", async () => {
    const { warnings } = await loaded(withoutCharacterMap);
    expect(warnings.join()).toContain("do not say which characters they show");
  });

  it.each([
    ["md/milvus_pt_product_faq_html_headings.md", /FAQ/],
    ["pdf/table_borderless.pdf", /^table_borderless$/],
    ["pdf/form_acroform.pdf", /^AcroForm Test$/],
  ])("%s has a title like %s", async (file, title) => {
    expect((await loaded(file)).document.title).toMatch(title);
  });
});
