import { shortHeading } from "../markdown/heading-text.ts";

/** The headings that a text stands under, the outermost first, kept up to date while a document is read. */
export class HeadingPath {
  readonly #open: { level: number; text: string }[] = [];

  /** The open headings' texts. */
  get texts(): string[] {
    return this.#open.map((open) => open.text).filter((text) => text !== "");
  }

  /** Enters the section below a heading and returns its path, the heading's own text included. */
  enter(heading: { level: number; text: string }): string[] {
    while ((this.#open.at(-1)?.level ?? 0) >= heading.level) this.#open.pop();
    this.#open.push({ level: heading.level, text: shortHeading(heading.text) });
    return this.texts;
  }
}
