/** The quantile of numbers, 0 ≤ p ≤ 1, linear between them: R's type 7, numpy's default. @throws RangeError for none */
export function quantile(numbers: ArrayLike<number>, p: number): number {
  if (numbers.length === 0) throw new RangeError("no numbers to take a quantile of");
  const sorted = Float64Array.from(numbers).sort();
  const at = p * (sorted.length - 1);
  const low = Math.floor(at);
  const high = Math.min(low + 1, sorted.length - 1);
  return sorted[low] + (at - low) * (sorted[high] - sorted[low]);
}
