/** How much of a long text is shown at first. */

const MAX_CHARACTERS = 3000;
const MAX_LINES = 24;

/** The beginning of a text that is too long to be shown whole; null for one that is not. */
export function beginningOf(text: string): string | null {
  let end = Math.min(text.length, MAX_CHARACTERS);
  let at = -1;
  for (let line = 0; line < MAX_LINES; line++) {
    at = text.indexOf("\n", at + 1);
    if (at < 0 || at >= end) break;
    if (line === MAX_LINES - 1) end = at;
  }
  // A few characters more are no reason to fold.
  return text.length - end < 400 ? null : text.slice(0, end);
}
