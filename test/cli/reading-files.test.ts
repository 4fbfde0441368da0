import { writeFile } from "node:fs/promises";
import path from "node:path";
import iconv from "iconv-lite";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { lines, makePdf } from "../fixtures/pdf.ts";
import { type Sandbox, createSandbox } from "./run-rag.ts";

interface Report {
  documents: { found: number; added: number; unchanged: number; changed: number; failed: number };
  failures: { source: string; code: string; message: string }[];
  warnings: string[];
}

let sandbox: Sandbox;

beforeEach(async () => {
  sandbox = await createSandbox();
});

afterEach(() => sandbox.remove());

function writeBytes(name: string, bytes: Uint8Array): Promise<void> {
  return writeFile(path.join(sandbox.folder, name), bytes);
}

async function ingest(argv: readonly string[], variables?: Record<string, string>): Promise<Report> {
  const run = await sandbox.rag(["ingest", ...argv, "--json"], variables === undefined ? {} : { variables });
  return JSON.parse(run.stdout);
}

describe("an encoding", () => {
  it("that is named is used without a guess, and is part of what a document is made of", async () => {
    await writeBytes("a.txt", iconv.encode("Łódź leży w Polsce\n", "cp852"));
    const named = await ingest(["a.txt", "--encoding", "cp852"]);
    expect(named).toMatchObject({ documents: { added: 1 }, warnings: [] });
    expect((await sandbox.rag(["search", "Łódź"])).stdout).toContain("leży w Polsce");
    expect((await ingest(["a.txt", "--encoding", "cp852"])).documents.unchanged).toBe(1);
    expect((await ingest(["a.txt", "--encoding", "cp850"])).documents.changed).toBe(1);
  });

  it("that does not exist is an error before anything is read", async () => {
    await sandbox.write({ "a.txt": "text" });
    const run = await sandbox.rag(["ingest", "a.txt", "--encoding", "klingon"]);
    expect(run.stderr).toContain("there is no encoding of the name klingon");
    expect(run.exitCode).toBeGreaterThan(0);
    expect(run.exitCode).not.toBe(3);
  });

  it("of a list of files may be UTF-16, as PowerShell writes it", async () => {
    await sandbox.write({ "über.md": "# One", "b.md": "# Two" });
    await writeBytes("list.txt", Buffer.from("\uFEFFüber.md\r\nb.md\r\n", "utf16le"));
    expect((await ingest(["--files-from", "list.txt"])).documents).toMatchObject({ found: 2, added: 2 });
  });
});

describe("a PDF with a password", () => {
  const password = "correct horse battery";

  it.each([
    ["by the flag", ["--pdf-password", password], {}],
    ["by the variable", [], { RAG_PDF_PASSWORD: password }],
  ])("is opened %s, which no output shows", async (_, flags, variables) => {
    await writeBytes("a.pdf", makePdf({ pages: [lines(["The treasure is buried here."])], password }));
    const run = await sandbox.rag(["ingest", "a.pdf", "-v", ...flags], { variables });
    expect(run.exitCode).toBe(0);
    expect(run.stdout + run.stderr).not.toContain(password);
    expect((await sandbox.rag(["search", "treasure"])).stdout).toContain("buried here");
  });

  it("fails alone where the password is another", async () => {
    await writeBytes("a.pdf", makePdf({ pages: [lines(["Hidden"])], password: "another" }));
    await sandbox.write({ "b.md": "# Open" });
    const report = await ingest(["a.pdf", "b.md", "--pdf-password", password]);
    expect(report.documents).toMatchObject({ added: 1, failed: 1 });
    expect(report.failures).toMatchObject([{ source: "a.pdf", code: "encrypted" }]);
    expect(JSON.stringify(report)).not.toContain(password);
  });
});

it("a file of a format that nobody knows is read as text with a warning, and refused where it is none", async () => {
  await sandbox.write({ "notes.zzz": "Plain words about the harbour." });
  await writeBytes("image.zzz", Buffer.from(Array.from({ length: 600 }, (_, at) => (at * 167 + 13) % 256)));
  const report = await ingest(["notes.zzz", "image.zzz"]);
  expect(report.documents).toMatchObject({ added: 1, failed: 1 });
  expect(report.warnings).toEqual(["notes.zzz: no loader reads the format .zzz: it was taken as plain text"]);
  expect(report.failures).toMatchObject([{ source: "image.zzz", code: "unsupported-format" }]);
});
