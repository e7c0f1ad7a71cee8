/** What the page of models asks: what is kept, the bases that are here, and the catalogue. */

import { queryOptions } from "@tanstack/react-query";
import { modelsQuery } from "@/api/queries";
import { type Addition, x } from "@/api/x";

const LIVE_MS = 1000;
const IDLE_MS = 30_000;

export function isUnended(addition: Addition): boolean {
  return addition.status === "queued" || addition.status === "running";
}

/** Below the key of the list of names: what changes that changes this. */
export const keptQuery = queryOptions({
  queryKey: [...modelsQuery.queryKey, "kept"],
  queryFn: async ({ signal }) => (await x.keptModels(signal)).data,
  refetchInterval: IDLE_MS,
});

/** Names that no list of models has, as they have a star in them. */
export const patternsQuery = queryOptions({
  queryKey: [...modelsQuery.queryKey, "patterns"],
  queryFn: async ({ signal }) => (await x.modelAliases(signal)).data.filter((alias) => alias.is_pattern),
});

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
