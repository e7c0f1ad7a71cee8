/** Evals, their runs and their output items. */

import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import type { EvalListResponse } from "openai/resources/evals/evals";
import type { OutputItemListResponse } from "openai/resources/evals/runs/output-items";
import type { RunListResponse, RunRetrieveResponse } from "openai/resources/evals/runs/runs";
import { api } from "@/api/client";
import { type ListPage, nextCursor } from "@/api/queries";
import { type CompareWish, x } from "@/api/x";

const LIVE_MS = 1000;
const PAGE = 20;

export type Eval = EvalListResponse;
export type Run = RunListResponse;
export type Item = OutputItemListResponse;

export const evalsQuery = infiniteQueryOptions({
  queryKey: ["evals"],
  queryFn: async ({ pageParam, signal }): Promise<ListPage<Eval>> => {
    const page = await api().evals.list({ limit: PAGE, after: pageParam, order: "desc" }, { signal });
    return { data: page.data, has_more: page.has_more };
  },
  initialPageParam: undefined as string | undefined,
  getNextPageParam: nextCursor,
});

export const evalQuery = (id: string) =>
  queryOptions({ queryKey: ["evals", id], queryFn: ({ signal }) => api().evals.retrieve(id, { signal }) });

export function isRunning(run: { status: string }): boolean {
  return run.status === "queued" || run.status === "in_progress";
}

export const runsQuery = (evalId: string) =>
  infiniteQueryOptions({
    queryKey: ["evals", evalId, "runs"],
    queryFn: async ({ pageParam, signal }): Promise<ListPage<Run>> => {
      const page = await api().evals.runs.list(evalId, { limit: PAGE, after: pageParam, order: "desc" }, { signal });
      return { data: page.data, has_more: page.has_more };
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: nextCursor,
    refetchInterval: (query) =>
      query.state.data?.pages.some((page) => page.data.some(isRunning)) === true ? LIVE_MS : false,
  });

export const runQuery = (evalId: string, runId: string) =>
  queryOptions({
    queryKey: ["evals", evalId, "runs", runId],
    queryFn: ({ signal }): Promise<RunRetrieveResponse> => api().evals.runs.retrieve(runId, { eval_id: evalId }, { signal }),
    refetchInterval: (query) => (query.state.data && !isRunning(query.state.data) ? false : LIVE_MS),
  });

export type ItemStatus = "pass" | "fail";

/** Items are final, so they are requested again only when the run has graded more of them. */
export const itemsQuery = (evalId: string, runId: string, status: ItemStatus | undefined, done: number) =>
  infiniteQueryOptions({
    queryKey: ["evals", evalId, "runs", runId, "items", status ?? "all", done],
    queryFn: async ({ pageParam, signal }): Promise<ListPage<Item>> => {
      const query = { eval_id: evalId, limit: PAGE, after: pageParam, status };
      const page = await api().evals.runs.outputItems.list(runId, query, { signal });
      return { data: page.data, has_more: page.has_more };
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: nextCursor,
    placeholderData: (before) => before,
  });

export const comparisonQuery = (evalId: string, base: string, candidate: string, wish: CompareWish) =>
  queryOptions({
    queryKey: ["evals", evalId, "compare", base, candidate, wish],
    queryFn: ({ signal }) => x.compareRuns(evalId, { base, candidate, ...wish }, signal),
  });

export const comparisonsQuery = (evalId: string, runs: readonly string[], wish: CompareWish, isEveryPair: boolean) =>
  queryOptions({
    queryKey: ["evals", evalId, "compare", ...runs, wish, isEveryPair],
    queryFn: ({ signal }) =>
      x.compareSeveral(evalId, { runs: runs.join(","), ...wish, ...(isEveryPair && { every_pair: true }) }, signal),
  });

export const agreementQuery = (evalId: string, runId: string, label: string) =>
  queryOptions({
    queryKey: ["evals", evalId, "runs", runId, "agreement", label],
    queryFn: ({ signal }) => x.runAgreement(evalId, runId, label, signal),
    retry: false,
  });

export const itemQuery = (evalId: string, runId: string, itemId: string) =>
  queryOptions({
    queryKey: ["evals", evalId, "runs", runId, "item", itemId],
    queryFn: ({ signal }) => api().evals.runs.outputItems.retrieve(itemId, { eval_id: evalId, run_id: runId }, { signal }),
    staleTime: Infinity,
  });

const MAX_PREVIEWED = 100;

/** The first items of a completed run in one request, as previews of the list. */
export const previewQuery = (evalId: string, runId: string) =>
  queryOptions({
    queryKey: ["evals", evalId, "runs", runId, "preview"],
    queryFn: async ({ signal }) => {
      const page = await api().evals.runs.outputItems.list(runId, { eval_id: evalId, limit: MAX_PREVIEWED }, { signal });
      return new Map(page.data.map((item) => [item.id, item]));
    },
    staleTime: Infinity,
  });

/** The name that its owner gave a criterion: the server adds an id to it. */
export function criterionName(id: string): string {
  return id.replace(/-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, "");
}

/** The fields that the rows of an eval are declared to have. */
export function itemFields(owner: Eval): string[] {
  const config = owner.data_source_config as { schema?: { properties?: { item?: { properties?: object } } } };
  return Object.keys(config.schema?.properties?.item?.properties ?? {});
}
