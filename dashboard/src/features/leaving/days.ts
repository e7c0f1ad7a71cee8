/** Days until a date, and since a name was last called. */

const DAY_SECONDS = 86_400;

/** So long without a call, and an old name is not needed any more. */
export const QUIET_DAYS = 14;

/** How many days are left, that day not counted; negative once it is over. The date is one of UTC. */
export function daysUntil(day: string, nowSeconds: number): number {
  return Math.ceil(Date.parse(day) / 1000 / DAY_SECONDS - nowSeconds / DAY_SECONDS);
}

export function quietDays(lastCalledAt: number, nowSeconds: number): number {
  return Math.floor((nowSeconds - lastCalledAt) / DAY_SECONDS);
}
