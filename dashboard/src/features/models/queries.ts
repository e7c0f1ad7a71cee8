/** What the page of models asks about bases: those that are here, and the catalogue. */

import { queryOptions } from "@tanstack/react-query";
import { type Addition, x } from "@/api/x";

const LIVE_MS = 1000;
const IDLE_MS = 30_000;

export function isUnended(addition: Addition): boolean {
  return addition.status === "queued" || addition.status === "running";
}

export const basesQuery = queryOptions({
  queryKey: ["bases"],
  queryFn: ({ signal }) => x.bases(signal),
  refetchInterval: ({ state }) => (state.data?.additions.some(isUnended) ? LIVE_MS : IDLE_MS),
});

/** Its first answer takes seconds: a process looks at the machine. */
export const catalogueQuery = queryOptions({
  queryKey: ["bases", "catalogue"],
  queryFn: ({ signal }) => x.baseCatalogue(signal),
  staleTime: 60_000,
});
