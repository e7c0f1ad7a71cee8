/** Relative times, with the exact time on hover. */

import { useEffect, useState } from "react";
import { useLocaleTag } from "@/i18n";
import { ago, dateTime } from "@/lib/format";

const TICK_MS = 15_000;

export function Ago({ at }: { at: number }) {
  const tag = useLocaleTag();
  const now = useNow(TICK_MS);
  return (
    <time dateTime={new Date(at * 1000).toISOString()} title={dateTime(at, tag)}>
      {ago(at, now, tag)}
    </time>
  );
}

/** The current time in seconds, updated at an interval. */
export function useNow(everyMs: number): number {
  const [now, setNow] = useState(() => Date.now() / 1000);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now() / 1000), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}
