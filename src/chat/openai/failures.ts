import { ModelError } from "../../models/model-error.ts";
import type { ModelEndpoint } from "../../models/endpoint.ts";
import { createRedactor } from "../../secrets/redact.ts";

/** The server answered, and the answer cannot be used: the message says why. */
export class UnusableAnswer extends Error {
  readonly hint: string | undefined;

  constructor(message: string, hint?: string) {
    super(message);
    this.hint = hint;
  }
}

/** A stream that ended before the first word, without an error. */
export class EmptyStream extends UnusableAnswer {}

/** The model, or the server behind it, gave up after the answer had begun. `what`: in the server's words. */
export function failedMidway(endpoint: ModelEndpoint, what: string): ModelError {
  const clean = createRedactor([endpoint.apiKey]);
  const said = clean(what).replaceAll(/\s+/g, " ").trim().slice(0, 500);
  return new ModelError(
    "server",
    `${endpoint.label} (${endpoint.model}): the model failed while it answered: ${said}`,
    {
      retryable: true,
      hint: "run the command again later, or use another model",
    },
  );
}
