/** Whether the server is unreachable: a request is being retried because it got no answer. */

import { type QueryClient, useQuery, useQueryClient } from "@tanstack/react-query";
import { useSyncExternalStore } from "react";
import { isConnectionLost, serverAnswers, ServerAwayError } from "@/api/client";

const EVERY_MS = 5000;

export function useIsConnectionLost(): boolean {
  const cache = useQueryClient();
  // Pages that request nothing by themselves learn of it too.
  useQuery({
    queryKey: ["server"],
    queryFn: async ({ signal }) => {
      if (!(await serverAnswers(signal))) throw new ServerAwayError();
      return true;
    },
    refetchInterval: EVERY_MS,
  });
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
