interface Outcomes<Entry> {
  /** The text is at fault: other texts of its request went through. */
  textFailed(entry: Entry, error: Error): void;
  /** No single text is at fault: the provider fails at everything. */
  allFailed(error: Error): void;
}

/** The texts of a request that failed for good, sent again in ever smaller parts to find the text at fault. */
export class SuspectGroup<Entry> {
  /** Texts without an outcome so far. */
  #open: number;
  /** Parts that may fail before one succeeds: enough to halve twice or three times, whatever the size. */
  #failuresLeft: number;
  #succeeded = false;
  /** Texts that failed alone while no other text has gone through yet. */
  #suspects: { entry: Entry; error: Error }[] = [];
  readonly #outcomes: Outcomes<Entry>;

  constructor(size: number, outcomes: Outcomes<Entry>) {
    this.#open = size;
    this.#failuresLeft = 2 + Math.ceil(Math.log2(size));
    this.#outcomes = outcomes;
  }

  /** A part of the group failed for good. */
  failed(entries: readonly Entry[], error: Error): void {
    this.#failuresLeft--;
    if (!this.#succeeded && this.#failuresLeft < 0) return this.#outcomes.allFailed(error);
    const [entry] = entries;
    if (entry === undefined || entries.length > 1) return;
    this.#open--;
    this.#suspects.push({ entry, error });
    this.#decide();
  }

  /** One text of the group has an outcome: a vector, or a refusal that names it. */
  settled(succeeded: boolean): void {
    this.#open--;
    this.#succeeded ||= succeeded;
    this.#decide();
  }

  #decide(): void {
    const [first] = this.#suspects;
    if (first === undefined) return;
    if (this.#succeeded)
      for (const { entry, error } of this.#suspects.splice(0)) this.#outcomes.textFailed(entry, error);
    else if (this.#open === 0) this.#outcomes.allFailed(first.error);
  }
}
