import type { AnnotationText } from "./parser.ts";

/** What readers added to a page, or filled into its form. */
export interface Annotations {
  /** What was written onto the page as text, in the order of the file. */
  notes: string[];
  /** Fields of forms, `name: value`. */
  fields: string[];
}

/** Takes the text from the annotations of a page, as PDF.js gives them. */
export function readAnnotations(annotations: readonly AnnotationText[]): Annotations {
  const notes: string[] = [];
  const fields: string[] = [];
  for (const annotation of annotations) {
    if (annotation.subtype === "FreeText") notes.push(...freeText(annotation));
    else fields.push(...fieldValue(annotation));
  }
  return { notes, fields };
}

/** What was typed; where the annotation does not say it, the lines that it draws. */
function freeText({ textContent, contents }: AnnotationText): string[] {
  const drawn = Array.isArray(textContent) ? textContent.filter((line) => typeof line === "string") : [];
  const typed = typeof contents === "string" ? contents.replaceAll(/\r\n?/g, "\n").trim() : "";
  // The drawn lines are cut where the box ends.
  const text = typed === "" ? drawn.join("\n").trim() : typed;
  return text === "" ? [] : [text];
}

/** What was filled in where the form lets people write or choose. */
function fieldValue({ fieldType, fieldName, alternativeText, fieldValue: filledIn }: AnnotationText): string[] {
  if (fieldType !== "Tx" && fieldType !== "Ch") return [];
  const value = [filledIn].flat().filter((part) => typeof part === "string" && part.trim() !== "");
  const name = [alternativeText, fieldName].find((part) => typeof part === "string" && part !== "");
  return value.length === 0 ? [] : [`${typeof name === "string" ? name : "field"}: ${value.join(", ")}`];
}
