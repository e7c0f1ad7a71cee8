/** Whether the server is unreachable: a request is being retried because it got no answer. */

import { type QueryClient, useQueryClient } from "@tanstack/react-query";
import { useSyncExternalStore } from "react";
import { isConnectionLost } from "@/api/client";

export function useIsConnectionLost(): boolean {
  const cache = useQueryClient();
  return useSyncExternalStore(
    (notify) => cache.getQueryCache().subscribe(notify),
    () => isRetrying(cache),
  );
}

function isRetrying(cache: QueryClient): boolean {
  return cache
    .getQueryCache()
    .getAll()
    .some((query) => query.isActive() && isConnectionLost(query.state.fetchFailureReason));
}
