/** Distillations, one of them, and what it would learn. */

import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api } from "@/api/client";
import { type ListPage, nextCursor } from "@/api/queries";
import { type Distillation, type NewDistillation, x } from "@/api/x";

const PAGE = 20;
const LIVE_MS = 1000;

export function hasEnded({ status }: Distillation): boolean {
  return status === "succeeded" || status === "failed" || status === "cancelled";
}

export const distillationsQuery = infiniteQueryOptions({
  queryKey: ["distillations", "list"],
  queryFn: async ({ pageParam, signal }): Promise<ListPage<Distillation>> => {
    const page = await x.distillations({ limit: PAGE, after: pageParam }, signal);
    return { data: page.data, has_more: page.has_more };
  },
  initialPageParam: undefined as string | undefined,
  getNextPageParam: nextCursor,
  refetchInterval: ({ state }) =>
    state.data?.pages.some((page) => page.data.some((one) => !hasEnded(one))) === true ? LIVE_MS : false,
});

export const distillationQuery = (id: string) =>
  queryOptions({
    queryKey: ["distillations", "one", id],
    queryFn: ({ signal }) => x.distillation(id, signal),
    refetchInterval: ({ state }) => (state.data && hasEnded(state.data) ? false : LIVE_MS),
  });

/** The server may look at 50,000 answers for it, so it is asked again only when somebody wants it. */
export const previewQuery = (request: NewDistillation | null) =>
  queryOptions({
    queryKey: ["distillations", "preview", request],
    queryFn: ({ signal }) => (request ? x.previewDistillation(request, signal) : null),
    enabled: request !== null,
    staleTime: Infinity,
    gcTime: 0,
  });

/** The name of the model that the job made. */
export const studentQuery = (jobId: string) =>
  queryOptions({
    queryKey: ["distillations", "student", jobId],
    queryFn: async ({ signal }) => (await api().fineTuning.jobs.retrieve(jobId, { signal })).fine_tuned_model,
    staleTime: Infinity,
  });
