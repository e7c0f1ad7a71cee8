/** The routes below /v1/x/, which the official client does not know: same connection, our types. */

import type { ChatCompletion } from "openai/resources/chat/completions";
import type { EvalListResponse } from "openai/resources/evals/evals";
import type { FileObject } from "openai/resources/files";
import type { FineTuningJob, JobCreateParams } from "openai/resources/fine-tuning/jobs";
import { api } from "@/api/client";
import type { components } from "@/api/schema";
import type { Wording } from "@/i18n/worded";
import type { JsonObject } from "@/lib/jsonl";

type Schemas = components["schemas"];

export type Overview = Schemas["Overview"];
export type ActiveJob = Schemas["ActiveJob"];
export type ApiKey = Schemas["ApiKey"];
export type WebhookEndpoint = Schemas["WebhookEndpoint"];
export type WebhookEndpointWithSecret = Schemas["WebhookEndpointWithSecret"];
export type WebhookDelivery = Schemas["WebhookDelivery"];
export type CreatedApiKey = Schemas["CreatedApiKey"];
export type FileReport = Schemas["FileReport"];
export type Report = Schemas["Report"];
export type Advice = Schemas["Advice"];
export type FileError = Schemas["FileError"];
export type FilePreview = Schemas["FilePreview"];
export type FileLines = Schemas["FileLines"];
export type JobEstimate = Schemas["JobEstimateObject"];
export type Capabilities = Schemas["Capabilities"];
export type MethodName = Schemas["MethodCapability"]["name"];
export type SplitOptions = Schemas["SplitFile"];
export type FileSplitPlan = Schemas["FileSplitPlan"];
export type FileSplit = Schemas["FileSplit"];

export type KeptModel = Schemas["KeptModel"];
export type Usage = Schemas["UsageObject"];
export type DiskUse = Schemas["DiskUse"];
export type ModelAlias = Schemas["AliasObject"];
export type ModelExport = Schemas["ExportObject"];
export type ExportFormat = Pick<Schemas["CreateExport"], "format"> & Partial<Pick<Schemas["CreateExport"], "type">>;
export type BaseList = Schemas["BaseList"];
export type AddedBase = Schemas["AddedBase"];
export type Addition = Schemas["AdditionObject"];
export type BaseCatalogue = Schemas["BaseCatalogue"];
export type KnownBase = Schemas["KnownBaseObject"];
export type MemoryNeed = Schemas["MemoryNeed"];
/** With no source, `name` is one of the catalogue or a hub ID. */
export type NewBase = Pick<Schemas["AddBase"], "name"> & Partial<Schemas["AddBase"]>;

export type EvalComparison = Schemas["EvalComparison"];
export type RunAgreement = Schemas["RunAgreementObject"];
export type CriterionAgreement = Schemas["CriterionAgreementObject"];
export type MakePairs = Pick<Schemas["MakePairs"], "runs"> & Partial<Schemas["MakePairs"]>;
export type PreferencePairs = Schemas["PreferencePairs"];
export type EvalComparisons = Schemas["EvalComparisons"];

/** How runs are to be compared; what is left out is as the server has it by default. */
export interface CompareWish {
  common?: true | undefined;
  /** Change of the pass rate, as a share, below which there is none. */
  margin?: number | undefined;
  /** Field of the rows by which they are not independent. */
  cluster?: string | undefined;
}
export type Statement = Schemas["StatementObject"];

export type Distillation = Schemas["Distillation"];
export type DistillationCounts = Schemas["DistillationCounts"];
export type DistillationPreview = Schemas["DistillationPreview"];
/** What the server fills in may be left out. */
type Given<Whole extends { type: unknown }> = Pick<Whole, "type"> & Partial<Whole>;
export type AnswerSource =
  | Given<Schemas["StoredCompletions"]>
  | Given<Schemas["StoredResponses"]>
  | Schemas["SelectedAnswers"]
  | (Pick<Schemas["Questions"], "type" | "file_id"> & Partial<Schemas["Questions"]>);
export type LearningMethod =
  | Schemas["LearnAnswers"]
  | Given<Schemas["LearnProbabilities"]>
  | Given<Schemas["LearnOnPolicy"]>;
export type NewDistillation = Partial<Omit<Schemas["CreateDistillation"], "source" | "student" | "method">> & {
  source: AnswerSource;
  method?: LearningMethod;
  student: string;
};
export type FileFault = Schemas["FileFault"];
export type FileFaults = Schemas["FileFaults"];
export type FileEdit = Schemas["FileEdit"];
/** What the server fills in may be left out. */
export type FileChanges = Partial<Schemas["EditFile"]>;
export type FileRepair = Schemas["FileRepair"];
export type Shadow = Schemas["Shadow"];
export type ShadowComparison = Schemas["Comparison"];
export type NewShadow = Pick<Schemas["PutShadow"], "old" | "new"> & Partial<Schemas["PutShadow"]>;
export type HistoryRecord = Schemas["HistoryRecord"];
export type Leaving = Schemas["Leaving"];
export type OldModel = Schemas["OldModel"];
export type LogImport = Schemas["LogImport"];

/** What the document leaves open: the answer as it was given. */
export type StoredCompletion = Pick<ChatCompletion, "id" | "model" | "created" | "usage"> & {
  choices: { message: JsonObject }[];
  metadata: Record<string, string> | null;
  tools?: JsonObject[] | null;
  /** Our own, of lists: the beginning of what was asked last. */
  question?: string;
  /** Our own: how long the answer took; absent where nobody measured it. */
  seconds?: number;
};
export type StoredResponse = Schemas["StoredResponse"] & Record<string, unknown>;

interface Change {
  base: Rate;
  tuned: Rate;
  flips: { improved: number; regressed: number; both: number; neither: number };
  p_value: number;
}

interface Rate {
  passed: number;
  total: number;
  interval: { low: number; high: number };
}

/** What the document calls free objects: `evals/report_cards` writes them. */
export interface SupervisedCard {
  method?: undefined;
  base_model: string;
  tuned_model: string;
  held_out_examples: number;
  answered_examples: number;
  loss: { base: number; tuned: number };
  token_accuracy: { base: number; tuned: number };
  exact_match: Change;
  json_validity: Change | null;
  tool_call_match: Change | null;
  sentence: string;
  samples: { line: number; question: string; expected: string; base: string; tuned: string }[];
}

export interface PreferenceCard {
  method: "dpo";
  base_model: string;
  tuned_model: string;
  held_out_examples: number;
  answered_examples: number;
  judged_by: string | null;
  win_rate: {
    wins: number;
    losses: number;
    ties: number;
    rate: number;
    interval: { low: number; high: number } | null;
    p_value: number;
    verdict: "better" | "worse" | "cannot_tell";
  };
  passing: Change;
  reward_accuracy: number | null;
  sentence: string;
  samples: {
    line: number;
    question: string;
    preferred: string;
    non_preferred: string;
    base: string;
    tuned: string;
    winner: "base" | "tuned" | "tie";
  }[];
}

export type JobReport = Omit<Schemas["JobReport"], "card"> & { card: SupervisedCard | PreferenceCard | null };

/** The job comes in the official shape; only what is around it is ours. */
export interface CheckedCategory {
  category: string;
  flagged: boolean | null;
  not_evaluated: boolean;
  failed: CheckedChange | null;
  declined: CheckedChange;
  declined_twins: CheckedChange;
}

/** The difference of the shares, and where it lies with 95 % confidence. */
export interface CheckedChange extends Change {
  difference: number;
  difference_interval: { low: number; high: number } | null;
}

interface CheckedAnswer {
  text: string;
  flagged: boolean | null;
  declined: boolean;
}

export interface CheckSample {
  id: string;
  category: string;
  probe: string;
  base: CheckedAnswer;
  tuned: CheckedAnswer;
}

/** What the document leaves open: the result of a safety check. */
export interface CheckResult {
  moderator: string | null;
  found: string | null;
  /** What the check could not look at. */
  gaps: string[];
  notes: string[];
  sentence: string;
  refusal_rules: string;
  /** Absent in results of older servers. */
  wordings?: { sentence: Wording | null; gaps: (Wording | null)[]; notes: (Wording | null)[] };
  results: CheckedCategory[];
  samples: CheckSample[];
}

export type ModelCheck = Omit<Schemas["ModelCheck"], "result"> & { result: CheckResult | null };
export type ModelCard = Schemas["ModelCardObject"];

export type JobProgress = Omit<Schemas["JobProgress"], "job"> & { job: FineTuningJob };

export type JobScreening = Schemas["JobScreeningObject"];
export type FlaggedLine = Schemas["FlaggedLineObject"];
export type JobSamples = Schemas["JobSamplesObject"];
export type ValidationSample = Schemas["SampleObject"];

type StoredQuery = Record<string, string | number | undefined>;
type Signal = AbortSignal | undefined;

const endpoint = (id: string) => `/webhook_endpoints/${encodeURIComponent(id)}`;
const modelPath = (model: string) => `/x/models/${encodeURIComponent(model)}`;

export const x = {
  overview: (signal?: Signal) => api().get<Overview>("/x/overview", { signal }),

  capabilities: (signal?: Signal) => api().get<Capabilities>("/x/capabilities", { signal }),

  bases: (signal?: Signal) => api().get<BaseList>("/x/bases", { signal }),
  baseCatalogue: (signal?: Signal) => api().get<BaseCatalogue>("/x/bases/catalog", { signal }),
  addBase: (body: NewBase) => api().post<Addition>("/x/bases", { body }),
  cancelAddition: (id: string) => api().post<Addition>(`/x/bases/additions/${encodeURIComponent(id)}/cancel`),
  removeBase: (name: string) =>
    api().delete<Schemas["BaseRemoved"]>(`/x/bases/${name.split("/").map(encodeURIComponent).join("/")}`),

  keys: (signal?: Signal) => api().get<{ data: ApiKey[] }>("/x/keys", { signal }),
  createKey: (name: string) => api().post<CreatedApiKey>("/x/keys", { body: { name } }),
  webhookEventTypes: (signal?: Signal) => api().get<{ data: string[] }>("/webhook_event_types", { signal }),
  webhookEndpoints: (signal?: Signal) =>
    api().get<{ data: WebhookEndpoint[] }>("/webhook_endpoints", { query: { limit: 100 }, signal }),
  webhookEndpoint: (id: string, signal?: Signal) => api().get<WebhookEndpoint>(endpoint(id), { signal }),
  createWebhookEndpoint: (body: { name: string; url: string; event_types: string[] }) =>
    api().post<WebhookEndpointWithSecret>("/webhook_endpoints", { body }),
  deleteWebhookEndpoint: (id: string) => api().delete<{ id: string }>(endpoint(id)),
  rotateWebhookSecret: (id: string) =>
    api().post<WebhookEndpointWithSecret>(`${endpoint(id)}/rotate_secret`, {
      body: { keep_old_secret_active_for_24_hours: true },
    }),
  testWebhookEndpoint: (id: string, event_type: string) =>
    api().post<{ status_code: number }>(`${endpoint(id)}/test`, { body: { event_type } }),
  enableWebhookEndpoint: (id: string) => api().post<WebhookEndpoint>(`/x${endpoint(id)}/enable`),
  webhookDeliveries: (id: string, query: { limit: number; after: string | undefined }, signal?: Signal) =>
    api().get<{ data: WebhookDelivery[]; has_more: boolean }>(`/x${endpoint(id)}/deliveries`, { query, signal }),
  sendWebhookAgain: (id: string, delivery: string) =>
    api().post<WebhookDelivery>(`/x${endpoint(id)}/deliveries/${encodeURIComponent(delivery)}/send_again`),
  revokeKey: (id: string) => api().delete<{ id: string }>(`/x/keys/${encodeURIComponent(id)}`),

  keptModels: (signal?: Signal) => api().get<{ data: KeptModel[] }>("/x/models", { signal }),
  modelAliases: (signal?: Signal) => api().get<{ data: ModelAlias[] }>("/x/model_aliases", { signal }),
  usage: (query: { start_date: string | undefined; end_date: string | undefined }, signal?: Signal) =>
    api().get<Usage>("/x/usage", { query, signal }),
  disk: (signal?: Signal) => api().get<DiskUse>("/x/disk", { signal }),
  modelCheck: (model: string, signal?: Signal) => api().get<ModelCheck>(`${modelPath(model)}/check`, { signal }),
  askForCheck: (model: string) => api().post<ModelCheck>(`${modelPath(model)}/check`),
  putSystemPrompt: (model: string, system_prompt: string | null) =>
    api().put<ModelCheck>(`${modelPath(model)}/system_prompt`, { body: { system_prompt } }),
  modelCard: (model: string, signal?: Signal) => api().get<ModelCard>(`${modelPath(model)}/card`, { signal }),
  releaseModel: (model: string, reason: string) =>
    api().post<ModelCheck>(`${modelPath(model)}/release`, { body: { reason } }),
  exports: (model: string, signal?: Signal) => api().get<{ data: ModelExport[] }>("/x/exports", { query: { model }, signal }),
  createExport: (model: string, wanted: ExportFormat) =>
    api().post<ModelExport>("/x/exports", { body: { model, ...wanted } }),
  deleteExport: (id: string) => api().delete<{ id: string }>(`/x/exports/${encodeURIComponent(id)}`),

  fileReport: (
    id: string,
    query: { model: string; method: MethodName; validation_file?: string | undefined; split_turns?: boolean | undefined },
    signal?: Signal,
  ) => api().get<FileReport>(`/x/files/${encodeURIComponent(id)}/report`, { query, signal }),
  filePreview: (
    id: string,
    query: { model: string; method: MethodName; line: number; split_turns?: boolean | undefined },
    signal?: Signal,
  ) =>
    api().get<FilePreview>(`/x/files/${encodeURIComponent(id)}/preview`, { query, signal }),
  /** Lists as OpenAI's, of what holds a text. */
  searchFiles: (query: { q: string; purpose?: string | undefined; limit: number; after: string | undefined }, signal?: Signal) =>
    api().get<{ data: FileObject[]; has_more: boolean }>("/x/files", { query, signal }),
  searchEvals: (query: { q: string; limit: number; after?: string | undefined }, signal?: Signal) =>
    api().get<{ data: EvalListResponse[]; has_more: boolean }>("/x/evals", { query, signal }),
  searchJobs: (query: { q: string; status?: string | undefined; limit: number; after: string | undefined }, signal?: Signal) =>
    api().get<{ data: FineTuningJob[]; has_more: boolean }>("/x/fine_tuning/jobs", { query, signal }),
  fileFaults: (id: string, method: MethodName, signal?: Signal) =>
    api().get<FileFaults>(`/x/files/${encodeURIComponent(id)}/faults`, { query: { method }, signal }),
  /** Requests with the same `idempotencyKey` make one file. */
  repairFile: (id: string, body: { method: MethodName; leave_out_rest: boolean }, idempotencyKey: string) =>
    api().post<FileRepair>(`/x/files/${encodeURIComponent(id)}/repair`, { body, headers: { "Idempotency-Key": idempotencyKey } }),
  fileLine: (id: string, line: number, signal?: Signal) =>
    api().get<Schemas["WholeLine"]>(`/x/files/${encodeURIComponent(id)}/lines/${line}`, { signal }),
  fileDuplicates: (id: string, signal?: Signal) =>
    api().get<Schemas["FileDuplicates"]>(`/x/files/${encodeURIComponent(id)}/duplicates`, { signal }),
  fileOrigin: (id: string, signal?: Signal) =>
    api().get<Schemas["FileOrigins"]>(`/x/files/${encodeURIComponent(id)}/origin`, { signal }),
  /** Requests with the same `idempotencyKey` make one file. */
  editFile: (id: string, body: FileChanges, idempotencyKey: string) =>
    api().post<FileEdit>(`/x/files/${encodeURIComponent(id)}/edit`, { body, headers: { "Idempotency-Key": idempotencyKey } }),
  fileLines: (id: string, query: { start: number; limit: number }, signal?: Signal) =>
    api().get<FileLines>(`/x/files/${encodeURIComponent(id)}/lines`, { query, signal }),

  planSplit: (id: string, body: Partial<SplitOptions>, signal?: Signal) =>
    api().post<FileSplitPlan>(`/x/files/${encodeURIComponent(id)}/split/plan`, { body, signal }),
  /** Requests with the same `idempotencyKey` split the file only once. */
  splitFile: (id: string, body: Partial<SplitOptions>, idempotencyKey: string) =>
    api().post<FileSplit>(`/x/files/${encodeURIComponent(id)}/split`, { body, headers: { "Idempotency-Key": idempotencyKey } }),

  jobProgress: (id: string, after: number, signal?: Signal) =>
    api().get<JobProgress>(`/x/fine_tuning/jobs/${encodeURIComponent(id)}/progress`, { query: { after }, signal }),
  previewPairs: (body: MakePairs, signal?: Signal) =>
    api().post<PreferencePairs>("/x/preference_pairs/preview", { body, signal }),
  makePairs: (body: MakePairs) => api().post<PreferencePairs>("/x/preference_pairs", { body }),
  remakeReport: (id: string, grader: unknown) =>
    api().post<JobReport>(`/x/fine_tuning/jobs/${encodeURIComponent(id)}/report`, { body: { grader } }),
  jobReport: (id: string, signal?: Signal) =>
    api().get<JobReport>(`/x/fine_tuning/jobs/${encodeURIComponent(id)}/report`, { signal }),
  jobScreening: (id: string, after: number, signal?: Signal) =>
    api().get<JobScreening>(`/x/fine_tuning/jobs/${encodeURIComponent(id)}/screening`, { query: { after, limit: 20 }, signal }),
  flaggedLines: (id: string) =>
    api().get<Response>(`/x/fine_tuning/jobs/${encodeURIComponent(id)}/screening/lines`, { __binaryResponse: true }),
  markLines: (id: string, lines: number[], isFalsePositive: boolean) =>
    api().post<JobScreening>(`/x/fine_tuning/jobs/${encodeURIComponent(id)}/screening/marks`, {
      body: { lines, is_false_positive: isFalsePositive },
    }),
  continueScreened: (id: string) =>
    api().post<FineTuningJob>(`/x/fine_tuning/jobs/${encodeURIComponent(id)}/screening/continue`),
  jobSamples: (id: string, step: number | undefined, signal?: Signal) =>
    api().get<JobSamples>(`/x/fine_tuning/jobs/${encodeURIComponent(id)}/samples`, { query: { step }, signal }),
  compareRuns: (id: string, query: CompareWish & { base: string; candidate: string }, signal?: Signal) =>
    api().get<EvalComparison>(`/x/evals/${encodeURIComponent(id)}/compare`, { query, signal }),
  compareSeveral: (id: string, query: CompareWish & { runs: string; every_pair?: boolean }, signal?: Signal) =>
    api().get<EvalComparisons>(`/x/evals/${encodeURIComponent(id)}/comparisons`, { query, signal }),
  runAgreement: (id: string, runId: string, label: string, signal?: Signal) =>
    api().get<RunAgreement>(`/x/evals/${encodeURIComponent(id)}/runs/${encodeURIComponent(runId)}/agreement`, {
      query: { label },
      signal,
    }),
  completions: (query: StoredQuery, signal?: Signal) =>
    api().get<{ data: StoredCompletion[]; has_more: boolean }>("/x/chat/completions", { query, signal }),
  responses: (query: StoredQuery, signal?: Signal) =>
    api().get<{ data: StoredResponse[]; has_more: boolean }>("/x/responses", { query, signal }),
  importLog: (body: { file_id: string; metadata: Record<string, string>; partial: boolean }) =>
    api().post<LogImport>("/x/chat/completions/import", { body }),

  distillations: (query: { limit: number; after: string | undefined }, signal?: Signal) =>
    api().get<{ data: Distillation[]; has_more: boolean }>("/x/distillations", { query, signal }),
  distillation: (id: string, signal?: Signal) =>
    api().get<Distillation>(`/x/distillations/${encodeURIComponent(id)}`, { signal }),
  previewDistillation: (body: NewDistillation, signal?: Signal) =>
    api().post<DistillationPreview>("/x/distillations/preview", { body, signal }),
  /** Requests with the same `idempotencyKey` make one distillation. */
  createDistillation: (body: NewDistillation, idempotencyKey: string) =>
    api().post<Distillation>("/x/distillations", { body, headers: { "Idempotency-Key": idempotencyKey } }),
  cancelDistillation: (id: string) => api().post<Distillation>(`/x/distillations/${encodeURIComponent(id)}/cancel`),

  shadows: (signal?: Signal) => api().get<{ data: Shadow[] }>("/x/shadows", { signal }),
  shadow: (name: string, signal?: Signal) => api().get<Shadow>(`/x/shadows/${encodeURIComponent(name)}`, { signal }),
  comparisons: (name: string, query: { is_same: boolean; limit: number; after: string | undefined }, signal?: Signal) =>
    api().get<{ data: ShadowComparison[]; has_more: boolean }>(`/x/shadows/${encodeURIComponent(name)}/comparisons`, {
      query,
      signal,
    }),
  putShadow: (name: string, body: NewShadow) => api().put<Shadow>(`/x/shadows/${encodeURIComponent(name)}`, { body }),
  cutOver: (name: string, answers: Shadow["answers"]) =>
    api().put<Shadow>(`/x/shadows/${encodeURIComponent(name)}/answers`, { body: { answers } }),
  endShadow: (name: string) => api().delete<{ id: string }>(`/x/shadows/${encodeURIComponent(name)}`),
  importedJobs: (signal?: Signal) =>
    api().get<{ data: HistoryRecord[] }>("/x/history/jobs", { query: { limit: 100 }, signal }),
  leaving: (signal?: Signal) => api().get<Leaving>("/x/leaving", { signal }),

  estimateJob: (body: JobCreateParams, heldOut: number, signal?: Signal) =>
    api().post<JobEstimate>("/x/fine_tuning/jobs/estimate", { body, query: { held_out: heldOut }, signal }),
};
