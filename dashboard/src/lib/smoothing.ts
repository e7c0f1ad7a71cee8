/** Curves made smoother for the eye, without hiding where they go. */

export type Values = readonly (number | null)[];

/**
 * An exponential moving average whose start is not pulled towards zero.
 * `weight` is the share of what came before, from 0 (nothing happens) up to less than 1.
 */
export function smooth(values: Values, weight: number): (number | null)[] {
  let average = 0;
  let seen = 0;
  return values.map((value) => {
    if (value === null) return null;
    average = average * weight + value * (1 - weight);
    seen += 1;
    return average / (1 - weight ** seen);
  });
}
