/** What more than one feature asks the server for, each under one key of the cache. */

import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import type { FineTuningJob } from "openai/resources/fine-tuning/jobs";
import type { FileObject } from "openai/resources/files";
import { api } from "@/api/client";
import { type MethodName, x } from "@/api/x";
import { type AskedExample, askedExample } from "@/lib/askedExample";

const PAGE = 20;
const LIVE_MS = 2000;

export const overviewQuery = queryOptions({
  queryKey: ["overview"],
  queryFn: ({ signal }) => x.overview(signal),
  refetchInterval: LIVE_MS,
});

/** The project that the key of this tab opens. */
export const projectQuery = queryOptions({
  queryKey: ["project"],
  queryFn: async ({ signal }) => (await x.overview(signal)).project,
  staleTime: Infinity,
});

export const modelsQuery = queryOptions({
  queryKey: ["models"],
  queryFn: async ({ signal }) => (await api().models.list({ signal })).data,
  staleTime: 10_000,
});

/** Another version of the server may offer more, so the next visit requests it again. */
export const capabilitiesQuery = queryOptions({
  queryKey: ["capabilities"],
  queryFn: ({ signal }) => x.capabilities(signal),
  staleTime: Infinity,
});

export interface ListPage<Item> {
  data: Item[];
  has_more: boolean;
}

export function nextCursor<Item extends { id: string }>(page: ListPage<Item>): string | undefined {
  return page.has_more ? page.data.at(-1)?.id : undefined;
}

export const jobsQuery = infiniteQueryOptions({
  queryKey: ["jobs"],
  queryFn: async ({ pageParam, signal }): Promise<ListPage<FineTuningJob>> => {
    const page = await api().fineTuning.jobs.list({ limit: PAGE, after: pageParam }, { signal });
    return { data: page.data, has_more: page.has_more };
  },
  initialPageParam: undefined as string | undefined,
  getNextPageParam: nextCursor,
});

/** Jobs that the server finds, also among those that no page has shown. */
export const jobSearchQuery = (text: string, status?: string) =>
  infiniteQueryOptions({
    queryKey: ["jobs", "list", text, status ?? "all"],
    queryFn: ({ pageParam, signal }): Promise<ListPage<FineTuningJob>> =>
      x.searchJobs({ q: text, status, limit: PAGE, after: pageParam }, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: nextCursor,
    placeholderData: keepPreviousData,
  });

export const fileSearchQuery = (text: string, purpose?: string) =>
  infiniteQueryOptions({
    queryKey: ["files", "list", "search", text, purpose ?? "all"],
    queryFn: ({ pageParam, signal }): Promise<ListPage<FileObject>> =>
      x.searchFiles({ q: text, purpose, limit: PAGE, after: pageParam }, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: nextCursor,
    placeholderData: keepPreviousData,
  });

export const filesQuery = (purpose?: string) =>
  infiniteQueryOptions({
    queryKey: ["files", "list", purpose ?? "all"],
    queryFn: async ({ pageParam, signal }): Promise<ListPage<FileObject>> => {
      const page = await api().files.list({ limit: PAGE, after: pageParam, purpose }, { signal });
      return { data: page.data, has_more: page.has_more };
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: nextCursor,
  });

export const fileQuery = (id: string) =>
  queryOptions({
    queryKey: ["files", id],
    queryFn: ({ signal }) => api().files.retrieve(id, { signal }),
    staleTime: 60_000,
  });

/** A file never changes, so neither does its report for one model. */
export const reportQuery = (
  id: string,
  model: string,
  method: MethodName,
  { validation, splitTurns }: { validation?: string | undefined; splitTurns?: boolean | undefined } = {},
) =>
  queryOptions({
    queryKey: ["files", id, "report", model, method, validation ?? null, splitTurns ?? null],
    queryFn: ({ signal }) => x.fileReport(id, { model, method, validation_file: validation, split_turns: splitTurns }, signal),
    staleTime: 5 * 60_000,
    enabled: model !== "",
  });

export const previewQuery = (
  id: string,
  model: string,
  method: MethodName,
  { line, splitTurns }: { line: number; splitTurns?: boolean | undefined },
) =>
  queryOptions({
    queryKey: ["files", id, "preview", model, method, line, splitTurns ?? null],
    queryFn: ({ signal }) => x.filePreview(id, { model, method, line, split_turns: splitTurns }, signal),
    staleTime: Infinity,
    enabled: model !== "",
  });

export interface LineOfJob {
  fileId: string;
  /** Whether the tuned model was trained on the line. */
  isSeen: boolean;
  total: number;
  /** Null for a line that holds no question, or is too long to be shown whole. */
  example: AskedExample | null;
}

/** A line of what the job held out, or of its training file when it held out nothing. */
export const lineOfJobQuery = (jobId: string, line: number) =>
  queryOptions({
    queryKey: ["jobs", jobId, "line", line],
    queryFn: async ({ signal }): Promise<LineOfJob> => {
      const job = await api().fineTuning.jobs.retrieve(jobId, { signal });
      const fileId = job.validation_file ?? job.training_file;
      const page = await x.fileLines(fileId, { start: line, limit: 1 }, signal);
      const [found] = page.data;
      const example = found === undefined || found.is_cut ? null : askedExample(found.text);
      return { fileId, isSeen: job.validation_file === null, total: page.total_lines, example };
    },
    staleTime: Infinity,
    retry: false,
  });
