import { z } from "zod";
import { searchModes } from "../../types.ts";

const collection = z.string().min(1).optional().describe("collection to use; the configured one where it is left out");
const place = {
  page: z.number().int().nullable(),
  startLine: z.number().int().nullable(),
  endLine: z.number().int().nullable(),
};
const url = z.string().nullable().describe("where it is published, where the configuration maps it to an address");
const notices = z.array(z.string()).describe("what is good to know of this result");
const around = z.string().nullable().describe("text before or after it, where expand was given");
const expand = z
  .union([z.number().int().min(1).max(100), z.literal("section")])
  .optional()
  .describe('how much of the text around it to give too: so many passages on either side, or "section"');
const filters = z
  .array(z.string())
  .optional()
  .describe(
    'conditions that all have to hold: field, operator (= != < <= > >= or ~ for a glob), value; fields are source, title, format, page, heading and metadata keys; e.g. "source~docs/*", "year>=2024"',
  );
const topK = z.number().int().min(1).max(100).optional().describe("passages to find");

export const searchInput = {
  query: z.string().min(1).describe("what to look for: a question, or words"),
  collection: collection.describe(
    'collection to search, or several: names and globs, comma-separated ("docs,blog-*"); the configured one where it is left out',
  ),
  filters,
  topK,
  mode: z.enum(searchModes).optional().describe("how to search; the best that the collection can where it is left out"),
  expand,
};

export const searchOutput = {
  query: z.string(),
  collection: z.string(),
  mode: z.enum(searchModes),
  hits: z.array(
    z.object({
      rank: z.number().int(),
      score: z.number(),
      id: z.string(),
      collection: z.string(),
      source: z.string(),
      uri: z.string(),
      url,
      title: z.string(),
      heading: z.array(z.string()),
      headings: z.array(z.string()),
      ...place,
      text: z.string(),
      before: around,
      after: around,
      metadata: z.record(z.string(), z.unknown()),
    }),
  ),
  notices,
};

export const readInput = {
  source: z
    .string()
    .min(1)
    .describe(
      'what to read: the source of a hit ("docs/guide.md"), with a place behind it ("docs/guide.md:12-40", "a.pdf#page=3"), the id or the uri of a hit, or a heading',
    ),
  lines: z
    .string()
    .regex(/^\d+(?:-\d+)?$/)
    .optional()
    .describe('lines of the source: "12-40", or "12" for the passage with that line'),
  page: z.number().int().min(1).optional().describe("a page of the source"),
  section: z.string().min(1).optional().describe("a heading of the source, with all that stands under it"),
  expand,
  collection,
};

export const readOutput = {
  collection: z.string(),
  source: z.string(),
  uri: z.string(),
  url,
  title: z.string(),
  format: z.string(),
  heading: z.array(z.string()),
  ...place,
  ids: z.array(z.string()),
  text: z.string(),
  before: around,
  after: around,
  metadata: z.record(z.string(), z.unknown()),
  notices,
};

export const listCollectionsOutput = {
  store: z.object({ kind: z.string(), location: z.string() }),
  collections: z.array(
    z.object({
      name: z.string(),
      isConfigured: z.boolean().describe("used where no collection is named"),
      documents: z.number().int().nullable(),
      chunks: z.number().int().nullable(),
      modes: z.array(z.string()),
      updatedAt: z.string().nullable(),
    }),
  ),
  notices,
};

export const listSourcesInput = {
  collection,
  pattern: z.string().min(1).optional().describe("glob over the whole source, in which * stands for any characters"),
  limit: z.number().int().min(1).max(5000).optional().describe("sources to list at most (200)"),
  offset: z.number().int().min(0).optional().describe("sources to leave out at the beginning"),
};

export const listSourcesOutput = {
  collection: z.string(),
  total: z.number().int().describe("sources that match the pattern"),
  sources: z.array(
    z.object({
      source: z.string(),
      title: z.string(),
      chunks: z.number().int(),
      updatedAt: z.string().nullable(),
    }),
  ),
  notices,
};

export const askInput = {
  question: z.string().min(1),
  collection,
  filters,
  topK,
};

/** What the command prints may have more. */
export const askOutput = z.looseObject({
  question: z.string(),
  answer: z.string(),
  refused: z.boolean().describe("the documents do not answer the question; answer says why"),
  model: z.string(),
  citations: z.array(z.looseObject({ n: z.number().int(), source: z.string(), quote: z.string(), ...place })),
  notices,
});

export const ingestInput = {
  paths: z.array(z.string().min(1)).min(1).describe("files, folders and globs, relative to the project's root"),
  collection,
};

export const ingestOutput = z.looseObject({
  collection: z.string(),
  documents: z.record(z.string(), z.number().int()),
  chunks: z.record(z.string(), z.number().int()),
  failures: z.array(z.looseObject({ source: z.string(), message: z.string() })),
  notices,
});
