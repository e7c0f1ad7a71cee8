/** How far each kind of watched thing is, and the page that shows it. */

import { queryOptions } from "@tanstack/react-query";
import type { NavigateOptions } from "@tanstack/react-router";
import { api, isNotFound } from "@/api/client";
import { x } from "@/api/x";
import { suffixOf } from "@/lib/jobs";
import type { Watched, WatchedKind } from "@/lib/tab/watching";

const EVERY_MS = 5000;
const ENDED = new Set(["succeeded", "failed", "cancelled", "canceled", "completed", "expired"]);

export interface State {
  name: string;
  status: string;
  hasEnded: boolean;
}

export const stateQuery = (one: Watched) =>
  queryOptions({
    queryKey: ["watched", one.kind, one.id],
    queryFn: async ({ signal }): Promise<State> => {
      const found = await READERS[one.kind](one, signal).catch((error: unknown) => {
        // Deleted meanwhile: there is nothing to wait for.
        if (isNotFound(error)) return { name: "", status: "" };
        throw error;
      });
      return { ...found, hasEnded: found.status === "" || ENDED.has(found.status) };
    },
    refetchInterval: ({ state }) => (state.data?.hasEnded ? false : EVERY_MS),
    refetchIntervalInBackground: true,
    staleTime: EVERY_MS,
  });

/** The runs of an eval that have not ended. */
export const unendedRunsQuery = (evalId: string | null) =>
  queryOptions({
    queryKey: ["watched", "eval", evalId],
    queryFn: async ({ signal }): Promise<Watched[]> => {
      const page = await api().evals.runs.list(evalId ?? "", { limit: 20, order: "desc" }, { signal });
      return page.data.filter(({ status }) => !ENDED.has(status)).map(({ id }) => ({ kind: "run", id, evalId: evalId ?? "" }));
    },
    enabled: evalId !== null,
    refetchInterval: EVERY_MS,
  });

const READERS: Record<WatchedKind, (one: Watched, signal: AbortSignal) => Promise<Omit<State, "hasEnded">>> = {
  job: async ({ id }, signal) => {
    const job = await api().fineTuning.jobs.retrieve(id, { signal });
    return { name: suffixOf(job) ?? job.model, status: job.status };
  },
  run: async ({ id, evalId }, signal) => {
    const run = await api().evals.runs.retrieve(id, { eval_id: evalId ?? "" }, { signal });
    return { name: run.name || id, status: run.status };
  },
  batch: async ({ id }, signal) => {
    const batch = await api().batches.retrieve(id, { signal });
    return { name: id, status: batch.status };
  },
  distillation: async ({ id }, signal) => {
    const made = await x.distillation(id, signal);
    const { student, suffix } = made.request as { student?: string; suffix?: string };
    return { name: suffix ?? student ?? id, status: made.status };
  },
};

export function pageOf({ kind, id, evalId }: Watched): NavigateOptions {
  switch (kind) {
    case "job":
      return { to: "/fine-tuning/$jobId", params: { jobId: id } };
    case "run":
      return { to: "/evals/$evalId/runs/$runId", params: { evalId: evalId ?? "", runId: id } };
    case "batch":
      return { to: "/batches/$batchId", params: { batchId: id } };
    case "distillation":
      return { to: "/distillations/$distillationId", params: { distillationId: id } };
  }
}
