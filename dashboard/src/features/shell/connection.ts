/** Whether the server is away: some question is being asked again because nobody answered. */

import { type QueryClient, useQueryClient } from "@tanstack/react-query";
import { useSyncExternalStore } from "react";
import { isConnectionLost } from "@/api/client";

export function useIsConnectionLost(): boolean {
  const cache = useQueryClient();
  return useSyncExternalStore(
    (tell) => cache.getQueryCache().subscribe(tell),
    () => isAnythingWaiting(cache),
  );
}

function isAnythingWaiting(cache: QueryClient): boolean {
  return cache
    .getQueryCache()
    .getAll()
    .some((query) => query.isActive() && isConnectionLost(query.state.fetchFailureReason));
}
