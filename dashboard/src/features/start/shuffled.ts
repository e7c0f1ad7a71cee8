/** A shuffle that is the same in every browser. */

const MULTIPLIER = 1_664_525;
const INCREMENT = 1_013_904_223;
const MODULUS = 2 ** 32;

/** The rows in an order that looks random and never changes (Fisher and Yates, with a linear congruential generator). */
export function shuffled<Row>(rows: readonly Row[]): Row[] {
  const mixed = [...rows];
  let state = 7;
  for (let at = mixed.length - 1; at > 0; at--) {
    state = (state * MULTIPLIER + INCREMENT) % MODULUS;
    // The high bits of such a generator are the random ones.
    const other = Math.floor((state / MODULUS) * (at + 1));
    [mixed[at], mixed[other]] = [mixed[other] as Row, mixed[at] as Row];
  }
  return mixed;
}
