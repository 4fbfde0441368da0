/** An error as OpenAI's API answers it. */
interface ApiError {
  error: { message: string; code: unknown; type: unknown };
}

interface ErrorFields {
  error?: unknown;
  message?: unknown;
  detail?: unknown;
  msg?: unknown;
  loc?: unknown;
  code?: unknown;
  type?: unknown;
}

/**
 * What a server answers in the place of OpenAI's `{"error":{"message","type","code"}}`, in that shape: `{"detail"}` with
 * a text, or with a list of what is wrong where (FastAPI), `{"message","type"}` (Mistral, Text Embeddings Inference),
 * `{"error":"…"}`. What some repeat of the request is left out.
 */
export function asApiError(body: unknown): ApiError {
  const outer = fieldsOf(body);
  const { code, type } = typeof outer.error === "object" ? fieldsOf(outer.error) : outer;
  return { error: { message: textOf(body) || JSON.stringify(body), code, type } };
}

function textOf(said: unknown): string {
  if (typeof said === "string") return said;
  if (Array.isArray(said)) {
    return said
      .map(textOf)
      .filter((text) => text !== "")
      .join("; ");
  }
  const { error, message, detail, msg, loc } = fieldsOf(said);
  const text = textOf(error ?? message ?? detail ?? msg ?? "");
  return Array.isArray(loc) && text !== "" ? `${loc.join(".")}: ${text}` : text;
}

const fieldsOf = (value: unknown): ErrorFields => (typeof value === "object" && value !== null ? value : {});
