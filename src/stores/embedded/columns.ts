import { createRequire } from "node:module";
import type * as Arrow from "apache-arrow";

/**
 * The build of Arrow that LanceDB itself loads (CommonJS). An import would load the ESM build beside it, in twice the
 * time, and LanceDB would not recognise its classes.
 */
export function arrow(): typeof Arrow {
  return createRequire(import.meta.url)("apache-arrow") as typeof Arrow;
}

/** Strings as a column. Arrow's own builder takes some twenty times as long: it encodes and appends each by itself. */
export function textColumn(values: readonly string[]): Arrow.Vector<Arrow.Utf8> {
  const { Utf8, makeData, makeVector } = arrow();
  const valueOffsets = new Int32Array(values.length + 1);
  for (const [index, value] of values.entries()) {
    valueOffsets[index + 1] = valueOffsets[index]! + Buffer.byteLength(value);
  }
  const data = Buffer.allocUnsafe(valueOffsets[values.length]!);
  for (const [index, value] of values.entries()) data.write(value, valueOffsets[index]!);
  return makeVector(makeData({ type: new Utf8(), length: values.length, nullCount: 0, valueOffsets, data }));
}

/** Whole numbers of 32 bits, some of which may be missing. */
export function intColumn(values: readonly (number | null)[]): Arrow.Vector<Arrow.Int32> {
  const { Int32, makeVector, vectorFromArray } = arrow();
  if (values.includes(null)) return vectorFromArray(values, new Int32());
  return makeVector(Int32Array.from(values as readonly number[]));
}

export function floatColumn(values: readonly number[]): Arrow.Vector<Arrow.Float64> {
  return arrow().makeVector(Float64Array.from(values));
}

/** Vectors of equal length. Throws if their lengths differ. */
export function vectorColumn(
  vectors: readonly (Float32Array | null)[],
  type: Arrow.FixedSizeList<Arrow.Float32>,
): Arrow.Vector<Arrow.FixedSizeList<Arrow.Float32>> {
  const { Float32, makeData, makeVector } = arrow();
  const { listSize } = type;
  const data = new Float32Array(vectors.length * listSize);
  for (const [index, vector] of vectors.entries()) {
    if (vector?.length !== listSize) throw new Error(`a vector of ${vector?.length ?? "no"} numbers among ${listSize}`);
    data.set(vector, index * listSize);
  }
  const child = makeData({ type: new Float32(), length: data.length, nullCount: 0, data });
  return makeVector(makeData({ type, length: vectors.length, nullCount: 0, child }));
}
