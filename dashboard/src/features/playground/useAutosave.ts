/** Saves the playground for this tab: shortly after a change, and when the page is left. */

import { useEffect, useRef } from "react";
import { session } from "@/lib/tab/session";
import { type SavedState, serialize } from "./savedState";

export const STORAGE_NAME = "playground";
const DEBOUNCE_MS = 400;

export function useAutosave({ models, entries, settings, text, example }: SavedState): void {
  const write = useRef<() => void>(() => undefined);
  useEffect(() => {
    write.current = () => session.save(STORAGE_NAME, serialize({ models, entries, settings, text, example }));
    // Debounced: an answer changes with every token.
    const timer = setTimeout(write.current, DEBOUNCE_MS);
    return () => clearTimeout(timer);
  }, [models, entries, settings, text, example]);
  useEffect(() => {
    const leave = () => write.current();
    window.addEventListener("pagehide", leave);
    return () => {
      window.removeEventListener("pagehide", leave);
      leave();
    };
  }, []);
}
