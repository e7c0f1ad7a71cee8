/** The pairs that were chosen, kept for this tab until they are saved or discarded. */

import { useState } from "react";
import { session } from "@/lib/tab/session";
import { linesOf, parsePairs, type PreferencePair } from "./pairs";

const STORAGE_NAME = "pairs";

export function useKeptPairs(): [readonly PreferencePair[], (pairs: readonly PreferencePair[]) => void] {
  const [pairs, setPairs] = useState<readonly PreferencePair[]>(() => parsePairs(session.load(STORAGE_NAME)));
  const keep = (wanted: readonly PreferencePair[]) => {
    setPairs(wanted);
    session.save(STORAGE_NAME, linesOf(wanted));
  };
  return [pairs, keep];
}
