import { ExitCode, UserError } from "../errors.ts";

export type ModelErrorKind =
  /** Too many requests or tokens in a span of time: the same request succeeds later. */
  | "rate-limit"
  /** Nothing left to spend: waiting does not help. */
  | "quota"
  /** The key is missing, wrong, or not allowed to use the model. */
  | "auth"
  /** No such model, or no such address. */
  | "not-found"
  /** A text has more tokens than the model takes. */
  | "too-long"
  /** A request has more texts than the provider takes in one. */
  | "too-many"
  /** The request is refused for another reason. */
  | "invalid-request"
  /** The provider failed. */
  | "server"
  /** No connection, or it broke. */
  | "connection"
  | "timeout"
  /** An answer that is none: cut off, not JSON, of the wrong shape. */
  | "bad-response";

/** A request to a model that failed (exit code 4). `code` is `model-` and the kind. */
export class ModelError extends UserError {
  readonly kind: ModelErrorKind;
  /** Whether the same request may succeed later. */
  readonly retryable: boolean;
  /** How long the provider asks to wait, in milliseconds. */
  readonly retryAfterMs: number | null;
  /** HTTP status, where there was an answer. */
  readonly status: number | null;
  /** Position in the request of the text that was refused, where the provider says it. */
  readonly inputIndex: number | null;

  constructor(
    kind: ModelErrorKind,
    message: string,
    options: {
      hint?: string;
      retryable?: boolean;
      retryAfterMs?: number | null;
      status?: number | null;
      inputIndex?: number | null;
      cause?: unknown;
    } = {},
  ) {
    super(`model-${kind}`, message, {
      exitCode: ExitCode.backend,
      ...(options.hint === undefined ? {} : { hint: options.hint }),
      ...(options.cause === undefined ? {} : { cause: options.cause }),
    });
    this.name = "ModelError";
    this.kind = kind;
    this.retryable = options.retryable ?? false;
    this.retryAfterMs = options.retryAfterMs ?? null;
    this.status = options.status ?? null;
    this.inputIndex = options.inputIndex ?? null;
  }
}
