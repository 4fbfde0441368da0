import type { BatchLine } from "../documents.ts";
import type { BatchOutcome, BatchTally } from "../../../pipeline/batch/batch.ts";
import { answerDocument } from "../answer.ts";
import { formatDuration } from "../format.ts";
import { escapeControls } from "../terminal-text.ts";

/** The JSON document of one question of a batch: that of `rag ask`, or `error`, with the question's own `id` and `filter`. */
export function batchDocument({ asked, result, failure, durationMs }: BatchOutcome): BatchLine {
  const { id, filters } = asked;
  const own = { ...(id === null ? {} : { id }), ...(filters.length === 0 ? {} : { filter: filters }) };
  if (result !== null) return { ...own, ...answerDocument(result, durationMs) };
  const error = failure && { code: failure.code, message: failure.message, hint: failure.hint };
  return { ...own, question: asked.question, error, durationMs };
}

/** The same as a line of a file, without the line break. */
export function lineOf(outcome: BatchOutcome): string {
  return escapeControls(JSON.stringify(batchDocument(outcome)));
}

/** @param taken questions whose answers an earlier run has written */
export function summarizeBatch(
  { answered, refused, failed, doubtful }: BatchTally,
  { taken, durationMs }: { taken: number; durationMs: number },
): string {
  const parts = [
    `${answered} answered${doubtful > 0 ? ` (${doubtful} poorly supported)` : ""}`,
    `${refused} refused`,
    `${failed} failed`,
    ...(taken > 0 ? [`${taken} of them by an earlier run`] : []),
  ];
  const count = answered + refused + failed;
  return `${count} ${count === 1 ? "question" : "questions"}: ${parts.join(", ")}; ${formatDuration(durationMs)}`;
}
