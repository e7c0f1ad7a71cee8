/** Shadows, one of them, and what was compared under its name. */

import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { type ListPage, nextCursor } from "@/api/queries";
import { type ShadowComparison, x } from "@/api/x";

const PAGE = 20;
const LIVE_MS = 2000;

export const shadowsQuery = queryOptions({
  queryKey: ["shadows", "list"],
  queryFn: ({ signal }) => x.shadows(signal),
  refetchInterval: LIVE_MS,
});

export const shadowQuery = (name: string) =>
  queryOptions({
    queryKey: ["shadows", "one", name],
    queryFn: ({ signal }) => x.shadow(name, signal),
    refetchInterval: LIVE_MS,
  });

export const disagreementsQuery = (name: string) =>
  infiniteQueryOptions({
    queryKey: ["shadows", "one", name, "disagreements"],
    queryFn: async ({ pageParam, signal }): Promise<ListPage<ShadowComparison>> => {
      const page = await x.comparisons(name, { is_same: false, limit: PAGE, after: pageParam }, signal);
      return { data: page.data, has_more: page.has_more };
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: nextCursor,
  });
