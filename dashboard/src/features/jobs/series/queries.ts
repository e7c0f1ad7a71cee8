/** Queries and commands of one job. */

import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api } from "@/api/client";
import { x } from "@/api/x";
import { isLive } from "@/lib/jobs";
import { type JobHistory, extend } from "./history";

const EVERY_MS = 1000;

/** Polled once a second for new data only, until the job has ended. */
export const historyQuery = (id: string) =>
  queryOptions({
    queryKey: ["jobs", id, "history"],
    queryFn: async ({ client, queryKey, signal }): Promise<JobHistory> => {
      let history = client.getQueryData<JobHistory>(queryKey);
      let hasMore = true;
      while (hasMore) {
        const update = await x.jobProgress(id, history?.cursor ?? 0, signal);
        history = extend(history, update);
        hasMore = update.has_more;
      }
      if (history === undefined) throw new Error("unreachable: there is always one answer");
      return history;
    },
    structuralSharing: false,
    refetchInterval: (query) => (query.state.data && !isLive(query.state.data.job.status) ? false : EVERY_MS),
  });

export type Command = "cancel" | "pause" | "resume";

export function useCommand(id: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (command: Command) => api().fineTuning.jobs[command](id),
    onSettled: () => cache.invalidateQueries({ queryKey: ["jobs"] }),
  });
}
