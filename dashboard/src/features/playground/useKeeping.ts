/** Writes the playground down for this tab: a moment after it changed, and when it is left. */

import { useEffect, useRef } from "react";
import { session } from "@/lib/session";
import { type Kept, written } from "./kept";

export const NAME = "playground";
const SETTLED_MS = 400;

export function useKeeping({ models, entries, settings, text }: Kept): void {
  const write = useRef<() => void>(() => undefined);
  useEffect(() => {
    write.current = () => session.keep(NAME, written({ models, entries, settings, text }));
    // Not at every token of an answer.
    const timer = setTimeout(write.current, SETTLED_MS);
    return () => clearTimeout(timer);
  }, [models, entries, settings, text]);
  useEffect(() => {
    const leave = () => write.current();
    window.addEventListener("pagehide", leave);
    return () => {
      window.removeEventListener("pagehide", leave);
      leave();
    };
  }, []);
}
