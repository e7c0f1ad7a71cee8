/** Which stored completions are meant: by what was said, by model, by one pair of metadata, by days. */

export interface StoredFilter {
  /** What was said, in a question or an answer. */
  q?: string | undefined;
  model?: string | undefined;
  /** "key=value" */
  metadata?: string | undefined;
  /** Dates as the browser's own control writes them: 2026-11-25. */
  from?: string | undefined;
  to?: string | undefined;
}

export interface Times {
  created_after: number | undefined;
  created_before: number | undefined;
}

/** The days of a filter as the server knows them: days begin and end where this browser is. */
export function timesOf(filter: StoredFilter): Times {
  const first = startOfDay(filter.from, 0);
  return {
    // Later than this second, earlier than that one.
    created_after: first === undefined ? undefined : first - 1,
    created_before: startOfDay(filter.to, 1),
  };
}

export function pairOf(text: string | undefined): Record<string, string> | undefined {
  const at = text?.indexOf("=") ?? -1;
  if (text === undefined || at < 1) return undefined;
  return { [text.slice(0, at).trim()]: text.slice(at + 1).trim() };
}

/** When the day begins that comes `later` days after a date; days with a clock change are longer or shorter. */
function startOfDay(date: string | undefined, later: number): number | undefined {
  const [year, month, day] = (date ?? "").split("-").map(Number);
  if (year === undefined || month === undefined || day === undefined) return undefined;
  const time = new Date(year, month - 1, day + later).getTime();
  return Number.isNaN(time) ? undefined : Math.floor(time / 1000);
}
