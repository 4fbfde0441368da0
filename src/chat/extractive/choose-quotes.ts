import type { Piece } from "./evidence.ts";

/** A stretch of a passage that is quoted: pieces that follow each other under one heading, the first and last included. */
export interface Quote {
  passage: number;
  pieces: Piece[];
}

/** Characters of a paragraph, and of a list or table, that are shown whole; of a longer one, a stretch of as many. */
const quoteChars = 440;
/** Characters of a quote at most that holds all that may be the answer. */
const longestQuote = 1_200;
/** The same for a quote of several paragraphs. */
const longestSection = 700;
/** What a sentence announces is shown up to so many characters. */
const announcedChars = 800;
/** A sentence brings along the list or code that it announces if it scores at least this share of the best one. */
const announcingShare = 0.5;
/** A rival in another place holds at least this share of what the best piece holds itself, not only beside it. */
const ownShare = 0.6;
/**
 * Beside the best piece, a piece with this share of its score may be the answer too. Beside one that is sure, a piece in
 * another place needs more.
 */
const rivalShare = { sameSection: 0.55, elsewhere: 0.6, besideSure: 0.8 };
/** The best piece is sure where it holds this share of the question itself, not only with what stands around it. */
const sureShare = 0.6;
/** Two pieces that share this much of their words say the same. */
const sameShare = 0.6;
const mostQuotes = 3;

/**
 * Chooses what to quote: the stretch around the best piece and, where other pieces may as well be the answer, those
 * too. What is clear is shown alone; the less clear it is, the more is shown. The best quote comes first.
 */
export function chooseQuotes(passages: readonly Piece[][]): Quote[] {
  const answering = passages.flat().filter(({ score }) => score > 0);
  // Where a passage has prose, code alone is no answer.
  const worded = answering.filter(({ unit }) => unit.kind !== "code");
  const ranked = (worded.length > 0 ? worded : answering).sort((left, right) => right.score - left.score);
  const best = ranked[0];
  if (best === undefined) return [];
  const quotes: Quote[] = [];
  const anchors: Piece[] = [];
  const least = (best.own >= sureShare ? rivalShare.besideSure : rivalShare.elsewhere) * best.score;
  for (const anchor of ranked) {
    if (quotes.length >= mostQuotes || anchor.score < least) break;
    if (anchor.own < ownShare * best.own) continue;
    if (quotes.some(({ pieces }) => pieces.includes(anchor)) || anchors.some((other) => saysTheSame(other, anchor)))
      continue;
    anchors.push(anchor);
    addQuote(quotes, quoteAround(anchor, passages[anchor.passage - 1] ?? [], rivalShare.sameSection * best.score));
  }
  return quotes;
}

/** Adds a quote; one that touches an earlier quote becomes a part of it. */
function addQuote(quotes: Quote[], quote: Quote): void {
  const touched = quotes.find(
    ({ passage, pieces }) => passage === quote.passage && pieces.some((piece) => quote.pieces.includes(piece)),
  );
  if (touched === undefined) quotes.push(quote);
  else touched.pieces = [...new Set([...touched.pieces, ...quote.pieces])].sort(byPosition);
}

function byPosition(left: Piece, right: Piece): number {
  return left.line - right.line || left.start - right.start;
}

/** Share of the shorter piece's terms that the other one has too. */
function saysTheSame(left: Piece, right: Piece): boolean {
  const [short, long] = left.terms.length <= right.terms.length ? [left.terms, right.terms] : [right.terms, left.terms];
  const terms = [...short.positions.keys()];
  const shared = terms.filter((term) => long.positions.has(term)).length;
  return shared >= sameShare * terms.length && short.length >= sameShare * long.length;
}

function quoteAround(anchor: Piece, all: readonly Piece[], rivalScore: number): Quote {
  const pieces = all.filter(({ section }) => section === anchor.section);
  const at = pieces.indexOf(anchor);
  const isRival = (piece: Piece): boolean => piece.score >= rivalScore && !saysTheSame(piece, anchor);
  const whole = withRivals(inUnit({ pieces, first: at, last: at }), isRival);
  const { first, last } = withAnnounced(withLead(whole), (piece) => piece.own >= announcingShare * anchor.own);
  return { passage: anchor.passage, pieces: pieces.slice(first, last + 1) };
}

/** The pieces from `first` to `last`, of those under one heading. */
interface Stretch {
  pieces: readonly Piece[];
  first: number;
  last: number;
}

/** Characters from one piece to another. */
function charsOf(pieces: readonly Piece[], first: number, last: number): number {
  return pieces.slice(first, last + 1).reduce((sum, { start, end }) => sum + end - start + 1, 0);
}

/** The pieces of a unit, or of the list or table that it is part of, as a stretch. */
function around(pieces: readonly Piece[], at: number, isSame: (piece: Piece) => boolean): Stretch {
  let [first, last] = [at, at];
  while (first > 0 && isSame(pieces[first - 1]!)) first -= 1;
  while (last + 1 < pieces.length && isSame(pieces[last + 1]!)) last += 1;
  return { pieces, first, last };
}

function unitAround(pieces: readonly Piece[], at: number): Stretch {
  const { unit } = pieces[at]!;
  return around(pieces, at, (piece) => piece.unit === unit);
}

/** The whole paragraph; of a long one, the sentences around, those first that answer better. */
function inUnit({ pieces, first, last }: Stretch): Stretch {
  const unit = unitAround(pieces, first);
  if (charsOf(pieces, unit.first, unit.last) <= quoteChars) return unit;
  for (;;) {
    const fits = (from: number, to: number) =>
      from >= unit.first && to <= unit.last && charsOf(pieces, from, to) <= quoteChars;
    const before = fits(first - 1, last) ? pieces[first - 1]!.score : -1;
    const behind = fits(first, last + 1) ? pieces[last + 1]!.score : -1;
    if (before < 0 && behind < 0) return { pieces, first, last };
    if (before >= behind) first -= 1;
    else last += 1;
  }
}

/** As far as the other pieces go that may be the answer, where they all fit: under the heading, or in the paragraph. */
function withRivals({ pieces, first, last }: Stretch, isRival: (piece: Piece) => boolean): Stretch {
  const unit = unitAround(pieces, first);
  for (const [from, to, most] of [
    [0, pieces.length - 1, longestSection],
    [unit.first, unit.last, longestQuote],
  ] as const) {
    const rivals = pieces.flatMap((piece, at) => (at >= from && at <= to && isRival(piece) ? [at] : []));
    const start = wholeFrom(pieces, Math.min(first, ...rivals));
    const end = wholeTo(pieces, Math.max(last, ...rivals));
    if (charsOf(pieces, start, end) <= most) return { pieces, first: start, last: end };
  }
  return { pieces, first, last };
}

/** The beginning or end of a quote, moved outwards so that it does not cut a short paragraph. */
function wholeFrom(pieces: readonly Piece[], at: number): number {
  const unit = unitAround(pieces, at);
  return charsOf(pieces, unit.first, unit.last) <= quoteChars ? unit.first : at;
}

function wholeTo(pieces: readonly Piece[], at: number): number {
  const unit = unitAround(pieces, at);
  return charsOf(pieces, unit.first, unit.last) <= quoteChars ? unit.last : at;
}

const announces = ({ unit, end }: Piece): boolean => end === unit.text.length && /[:：]$/.test(unit.text);

/** Stands on a sentence before it. */
const dependent =
  /^(?:it|this|that|these|those|they|he|she|however|therefore|thus|hence|otherwise|but|and|also|in addition|moreover|furthermore|instead|then|as a result|in this case|on the other hand|such|both|to (?:do so|avoid this|do this|fix this))\b/i;

/** With what a quote needs to be understood: the sentence that announces a list or code, or the one that `this` is about. */
function withLead({ pieces, first, last }: Stretch): Stretch {
  const piece = pieces[first]!;
  const { group, kind } = piece.unit;
  if (group !== null) {
    const list = around(pieces, first, ({ unit }) => unit.group === group);
    const lead = pieces[list.first - 1];
    if (lead === undefined || !announces(lead)) return { pieces, first, last };
    if (list.first === first) return { pieces, first: first - 1, last };
    const end = Math.max(last, list.last);
    return charsOf(pieces, list.first - 1, end) <= announcedChars
      ? { pieces, first: list.first - 1, last: end }
      : { pieces, first, last };
  }
  const before = pieces[first - 1];
  if (before === undefined) return { pieces, first, last };
  const text = piece.unit.text.slice(piece.start, piece.end);
  const isNeeded = kind === "code" || (before.unit.kind === kind && dependent.test(text));
  return { pieces, first: isNeeded ? first - 1 : first, last };
}

/** With the list, the table or the code that the last sentence announces, as much of it as fits, where it is wanted. */
function withAnnounced({ pieces, first, last }: Stretch, isWanted: (piece: Piece) => boolean): Stretch {
  const next = pieces[last + 1];
  const lead = pieces[last]!;
  if (next === undefined || !announces(lead) || !isWanted(lead)) return { pieces, first, last };
  const { group } = next.unit;
  const end = group === null ? last + 1 : around(pieces, last + 1, ({ unit }) => unit.group === group).last;
  let to = last;
  while (to < end && charsOf(pieces, last + 1, to + 1) <= announcedChars) to += 1;
  return { pieces, first, last: to };
}
