/** A job and what can be done with it. */

import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api } from "@/api/client";
import { x } from "@/api/x";
import { isLive } from "@/lib/jobs";
import { type JobStory, tell } from "./story";

const EVERY_MS = 1000;

/** Asked at most once a second, for what is new only, and no more once the job has ended. */
export const storyQuery = (id: string) =>
  queryOptions({
    queryKey: ["jobs", id, "story"],
    queryFn: async ({ client, queryKey, signal }): Promise<JobStory> => {
      let story = client.getQueryData<JobStory>(queryKey);
      let hasMore = true;
      while (hasMore) {
        const news = await x.jobProgress(id, story?.cursor ?? 0, signal);
        story = tell(story, news);
        hasMore = news.has_more;
      }
      if (story === undefined) throw new Error("unreachable: there is always one answer");
      return story;
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
