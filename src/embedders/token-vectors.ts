/**
 * One text's vector of unit length, from its tokens' vectors; `null` where it is zero or not finite.
 *
 * @param states `[texts, tokens, dimensions]`
 * @param mask `[texts, tokens]`, 0 for padding
 */
export function poolTokens(
  states: { dims: readonly number[]; data: Float32Array },
  mask: BigInt64Array,
  row: number,
  pooling: "mean" | "cls",
): Float32Array | null {
  const [, tokens = 0, dimensions = 0] = states.dims;
  const vector = new Float32Array(dimensions);
  for (let token = 0; token < tokens; token++) {
    if (Number(mask[row * tokens + token]) === 0) continue;
    const start = (row * tokens + token) * dimensions;
    for (let index = 0; index < dimensions; index++) vector[index]! += states.data[start + index]!;
    if (pooling === "cls") break;
  }
  // The number of tokens cancels out: the vector is brought to unit length either way.
  const length = Math.hypot(...vector);
  return Number.isFinite(length) && length > 0 ? vector.map((value) => value / length) : null;
}
