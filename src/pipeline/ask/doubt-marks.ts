/** The text of an answer as it arrives, with a note behind each citation that does not hold. */
export type MarkedPiece = { text: string } | { why: string };

/** Passes on an answer while it comes. */
export interface DoubtMarks {
  read(piece: string): MarkedPiece[];
  /** The rest, once the answer is complete. */
  end(): MarkedPiece[];
}

/** A citation marker, and what can still become one. */
const markerAt = /[[［【〔]\s*\^?[\d０-９]{1,3}(?:\s*(?:[,，、;；]|[-–])\s*\^?[\d０-９]{1,3})*\s*[\]］】〕]/g;
const beginsMarker = /^[[［【〔][\s^\d０-９,，、;；–-]*$/;
/** What may stand between the markers of one statement. */
const betweenMarkers = /^[ \t.,;。，、]*/;
const closing = /[\]］】〕]/;
/** Whether nothing but marks of a list stands before a marker in its line. */
const opensLine = /^[\s>*+-]*$/;

/**
 * Passes on an answer piece by piece, and tells behind which citation a statement is not borne out. Only what stands
 * directly behind a marker is held back, until it is clear that no other marker follows; where a marker opens its line,
 * the statement is judged at the end of the line. `beginning` was passed on already, and has no marker. `objectionAt` judges the statement whose markers end at an offset.
 */
export function createDoubtMarks(
  objectionAt: (answer: string, end: number) => string | null,
  beginning = "",
): DoubtMarks {
  let answer = beginning;
  /** What was passed on, and what was searched for markers. */
  let shown = beginning.length;
  let searched = beginning.length;
  /** The end of a marker whose statement is not judged yet. */
  let waiting: { end: number; opensLine: boolean } | null = null;

  function* advance(isOver: boolean): Generator<MarkedPiece> {
    for (;;) {
      if (waiting === null) {
        const next = nextMarker();
        if (next === null) break;
        waiting = next;
        continue;
      }
      const decided = waiting.opensLine ? lineEnd(waiting.end, isOver) : groupEnd(waiting.end, isOver);
      if (decided === null) break;
      if (decided.another !== null) {
        waiting = { ...waiting, end: decided.another };
        continue;
      }
      const { end } = waiting;
      waiting = null;
      searched = end;
      const why = objectionAt(answer.slice(0, decided.at), end);
      if (why === null) continue;
      // A line may have gone out while it came.
      yield* upTo(Math.max(shown, decided.at));
      yield { why };
    }
    yield* upTo(isOver || waiting === null || waiting.opensLine ? answer.length : waiting.end);
  }

  function* upTo(offset: number): Generator<MarkedPiece> {
    if (offset > shown) yield { text: answer.slice(shown, offset) };
    shown = Math.max(shown, offset);
  }

  function nextMarker(): { end: number; opensLine: boolean } | null {
    markerAt.lastIndex = searched;
    for (let match = markerAt.exec(answer); match !== null; match = markerAt.exec(answer)) {
      const before = answer.slice(0, match.index);
      if (isInCode(before)) continue;
      return {
        end: match.index + match[0].length,
        opensLine: opensLine.test(before.slice(before.lastIndexOf("\n") + 1)),
      };
    }
    return null;
  }

  /** Whether the group of markers that has come to `end` is complete, or goes on to `another` end; `null`: not known yet. */
  function groupEnd(end: number, isOver: boolean): { at: number; another: number | null } | null {
    const behind = answer.slice(end);
    const next = behind.slice((betweenMarkers.exec(behind)?.[0] ?? "").length);
    markerAt.lastIndex = answer.length - next.length;
    const match = next === "" ? null : markerAt.exec(answer);
    if (match !== null && match.index === answer.length - next.length) {
      return { at: end, another: match.index + match[0].length };
    }
    return !isOver && (next === "" || beginsMarker.test(next)) ? null : { at: end, another: null };
  }

  function lineEnd(end: number, isOver: boolean): { at: number; another: null } | null {
    const newline = answer.indexOf("\n", end);
    if (newline !== -1) return { at: newline, another: null };
    return isOver ? { at: answer.length, another: null } : null;
  }

  return {
    read(piece) {
      answer += piece;
      if (waiting === null && !closing.test(piece)) return [...upTo(answer.length)];
      return [...advance(false)];
    },
    end: () => [...advance(true)],
  };
}

/** Whether a text ends inside code: a fence or a backtick that is still open. */
function isInCode(text: string): boolean {
  const fences = text.match(/^[^\S\n]*(?:```|~~~)/gm)?.length ?? 0;
  const line = text.slice(text.lastIndexOf("\n") + 1);
  return fences % 2 === 1 || (line.match(/`/g)?.length ?? 0) % 2 === 1;
}
