/** How sure a rate is. */

export interface Interval {
  low: number;
  high: number;
}

const Z = 1.959964;

/**
 * Where the true rate lies with 95 % confidence.
 * Source: Wilson 1927, which stays inside of 0 and 1 and is right for small counts too.
 */
export function wilson(passed: number, total: number): Interval {
  if (total === 0) return { low: 0, high: 1 };
  const rate = passed / total;
  const scale = 1 + Z ** 2 / total;
  const middle = (rate + Z ** 2 / (2 * total)) / scale;
  const half = (Z / scale) * Math.sqrt((rate * (1 - rate)) / total + Z ** 2 / (4 * total ** 2));
  return { low: Math.max(0, middle - half), high: Math.min(1, middle + half) };
}
