interface Verdicts<Entry> {
  /** A text is at fault itself, for others of its request went through. */
  condemn(entry: Entry, error: Error): void;
  /** It is none of the texts: everything fails. */
  acquit(error: Error): void;
}

/** Texts of one request that failed though it was sent again, and that are now sent in ever smaller parts. */
export class SuspectGroup<Entry> {
  /** Texts of which nothing is known yet. */
  #open: number;
  /** Parts that may fail before one succeeds: enough to halve twice or three times, whatever the size. */
  #failuresLeft: number;
  #succeeded = false;
  /** Texts that failed alone while no other has gone through yet. */
  #suspects: { entry: Entry; error: Error }[] = [];
  readonly #verdicts: Verdicts<Entry>;

  constructor(size: number, verdicts: Verdicts<Entry>) {
    this.#open = size;
    this.#failuresLeft = 2 + Math.ceil(Math.log2(size));
    this.#verdicts = verdicts;
  }

  /** A part of them failed for good. */
  failed(entries: readonly Entry[], error: Error): void {
    this.#failuresLeft--;
    if (!this.#succeeded && this.#failuresLeft < 0) return this.#verdicts.acquit(error);
    const [entry] = entries;
    if (entry === undefined || entries.length > 1) return;
    this.#open--;
    this.#suspects.push({ entry, error });
    this.#judge();
  }

  /** One of them has an outcome, by whatever way. */
  settled(succeeded: boolean): void {
    this.#open--;
    this.#succeeded ||= succeeded;
    this.#judge();
  }

  #judge(): void {
    const [first] = this.#suspects;
    if (first === undefined) return;
    if (this.#succeeded) for (const { entry, error } of this.#suspects.splice(0)) this.#verdicts.condemn(entry, error);
    else if (this.#open === 0) this.#verdicts.acquit(first.error);
  }
}
