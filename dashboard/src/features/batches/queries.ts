/** Batches, and one of them. */

import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import type { Batch } from "openai/resources/batches";
import { api } from "@/api/client";
import { type ListPage, nextCursor } from "@/api/queries";

const PAGE = 20;
const LIVE_MS = 1000;

export function hasEnded({ status }: Batch): boolean {
  return status === "completed" || status === "failed" || status === "expired" || status === "cancelled";
}

export const batchesQuery = infiniteQueryOptions({
  queryKey: ["batches", "list"],
  queryFn: async ({ pageParam, signal }): Promise<ListPage<Batch>> => {
    const page = await api().batches.list({ limit: PAGE, after: pageParam }, { signal });
    return { data: page.data, has_more: page.has_more };
  },
  initialPageParam: undefined as string | undefined,
  getNextPageParam: nextCursor,
  refetchInterval: ({ state }) =>
    state.data?.pages.some((page) => page.data.some((one) => !hasEnded(one))) === true ? LIVE_MS : false,
});

export const batchQuery = (id: string) =>
  queryOptions({
    queryKey: ["batches", "one", id],
    queryFn: ({ signal }) => api().batches.retrieve(id, { signal }),
    refetchInterval: ({ state }) => (state.data && hasEnded(state.data) ? false : LIVE_MS),
  });
