/** The query cache: what is tried again, and what ends the visit. */

import { MutationCache, QueryCache, QueryClient } from "@tanstack/react-query";
import { isConnectionLost, isUnauthorized } from "@/api/client";
import { session } from "@/lib/tab/session";

const MAX_RETRY_DELAY_MS = 3000;

export function makeCache(): QueryClient {
  return new QueryClient({
    queryCache: new QueryCache({ onError: endWhenRefused }),
    mutationCache: new MutationCache({ onError: endWhenRefused }),
    defaultOptions: {
      queries: {
        // A server on this machine is there or not, whatever the browser thinks of the network.
        networkMode: "always",
        // While the server is unreachable the last answer stays on the screen and is requested again.
        retry: (_failures, error) => isConnectionLost(error),
        retryDelay: (failures) => Math.min(500 * 2 ** failures, MAX_RETRY_DELAY_MS),
        staleTime: 2000,
        refetchOnWindowFocus: true,
      },
      mutations: { networkMode: "always", retry: false },
    },
  });
}

/** A key that was revoked opens nothing any more: to another project, or back to the door. */
function endWhenRefused(error: Error): void {
  if (isUnauthorized(error)) session.refuse();
}
