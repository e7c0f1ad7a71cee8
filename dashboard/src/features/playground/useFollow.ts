/** Keeps the end of a conversation in sight while it grows, until somebody scrolls up. */

import { type RefObject, useLayoutEffect, useRef } from "react";
import type { Entry } from "./columns";

/** So near to the end, in pixels, counts as at the end. */
const NEAR = 40;

/** Returns what the box calls when it is scrolled. */
export function useFollow(ref: RefObject<HTMLDivElement | null>, entries: readonly Entry[]): () => void {
  const isAtEnd = useRef(true);
  const turns = useRef(0);
  useLayoutEffect(() => {
    const box = ref.current;
    if (box === null) return;
    // A new question is looked at, wherever one was.
    if (entries.length > turns.current) isAtEnd.current = true;
    turns.current = entries.length;
    if (isAtEnd.current) box.scrollTop = box.scrollHeight;
  }, [ref, entries]);
  return () => {
    const box = ref.current;
    if (box !== null) isAtEnd.current = box.scrollHeight - box.scrollTop - box.clientHeight < NEAR;
  };
}
