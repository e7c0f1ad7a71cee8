/** The routes below /v1/x/, which the official client does not know: same connection, our types. */

import type { FineTuningJob, JobCreateParams } from "openai/resources/fine-tuning/jobs";
import { api } from "@/api/client";
import type { components } from "@/api/schema";

type Schemas = components["schemas"];

export type Overview = Schemas["Overview"];
export type ActiveJob = Schemas["ActiveJob"];
export type ApiKey = Schemas["ApiKey"];
export type CreatedApiKey = Schemas["CreatedApiKey"];
export type FileReport = Schemas["FileReport"];
export type Report = Schemas["Report"];
export type FileError = Schemas["FileError"];
export type FilePreview = Schemas["FilePreview"];
export type FileLines = Schemas["FileLines"];
export type JobEstimate = Schemas["JobEstimateObject"];
export type MethodName = "supervised" | "dpo" | "reinforcement";

/** The job comes in the official shape; only what is around it is ours. */
export type JobProgress = Omit<Schemas["JobProgress"], "job"> & { job: FineTuningJob };

type Signal = AbortSignal | undefined;

export const x = {
  overview: (signal?: Signal) => api().get<Overview>("/x/overview", { signal }),

  keys: (signal?: Signal) => api().get<{ data: ApiKey[] }>("/x/keys", { signal }),
  createKey: (name: string) => api().post<CreatedApiKey>("/x/keys", { body: { name } }),
  revokeKey: (id: string) => api().delete<{ id: string }>(`/x/keys/${encodeURIComponent(id)}`),

  fileReport: (
    id: string,
    query: { model: string; method: MethodName; validation_file?: string | undefined },
    signal?: Signal,
  ) => api().get<FileReport>(`/x/files/${encodeURIComponent(id)}/report`, { query, signal }),
  filePreview: (id: string, query: { model: string; method: MethodName; line: number }, signal?: Signal) =>
    api().get<FilePreview>(`/x/files/${encodeURIComponent(id)}/preview`, { query, signal }),
  fileLines: (id: string, query: { start: number; limit: number }, signal?: Signal) =>
    api().get<FileLines>(`/x/files/${encodeURIComponent(id)}/lines`, { query, signal }),

  jobProgress: (id: string, after: number, signal?: Signal) =>
    api().get<JobProgress>(`/x/fine_tuning/jobs/${encodeURIComponent(id)}/progress`, { query: { after }, signal }),
  estimateJob: (body: JobCreateParams, signal?: Signal) =>
    api().post<JobEstimate>("/x/fine_tuning/jobs/estimate", { body, signal }),
};
