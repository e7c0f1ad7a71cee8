/** Which rows of a long list are near the visible part of it: only those are drawn. */

const BEYOND = 6;

export interface Shown {
  first: number;
  /** After the last one. */
  end: number;
}

/** `top` and `height` of the visible part and the row's height are in pixels. */
export function shownRows(top: number, height: number, row: number, total: number): Shown {
  const first = Math.min(Math.max(0, Math.floor(top / row) - BEYOND), total);
  return { first, end: Math.min(total, Math.ceil((top + height) / row) + BEYOND) };
}
