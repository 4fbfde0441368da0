import type { Metadata } from "../../types.ts";
import { isoDate, keywordList, oneLine, toMetadata } from "../metadata.ts";

/** What the entries of a PDF's information dictionary say of the document (ISO 32000-1, 14.3.3). */
export function informationOf(entries: Readonly<Record<string, string>>): Metadata {
  const { Author, CreationDate, Keywords, Language, ModDate, Subject } = entries;
  return toMetadata({
    author: readable(Author),
    created: pdfDate(CreationDate),
    keywords: keywordList(readable(Keywords)),
    language: readable(Language),
    modified: pdfDate(ModDate),
    subject: readable(Subject),
  });
}

/** A text that has letters, and no sign of an encoding that was lost. */
function readable(value: unknown): string | null {
  if (typeof value !== "string") return null;
  const line = oneLine(value);
  return /[\p{L}\p{N}]/u.test(line) && !line.includes("\uFFFD") ? line : null;
}

const pdfDateForm = /^(?:D:)?(\d{4})(\d\d)?(\d\d)?(?:(\d\d)(\d\d)?(\d\d)?(?:(Z)|([+-])(\d\d)'?(\d\d)?)?)?/;

/** `D:20240501120000+02'00'` as ISO 8601 in UTC; a day alone where no time is given. A time without zone counts as UTC. */
export function pdfDate(value: unknown): string | null {
  const match = typeof value === "string" ? pdfDateForm.exec(value.trim()) : null;
  if (match === null) return null;
  const [, year = "", month = "01", day = "01", hour, minute = "00", second = "00", , sign, zoneHour = "00", zone] =
    match;
  if (hour === undefined) return isoDate(`${year}-${month}-${day}`);
  const offset = sign === undefined ? "Z" : `${sign}${zoneHour}:${zone ?? "00"}`;
  return isoDate(`${year}-${month}-${day}T${hour}:${minute}:${second}${offset}`);
}
