/** What there is of the sample task on the server, and the four clicks that make it. */

import { queryOptions, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { EvalListResponse } from "openai/resources/evals/evals";
import type { RunListResponse } from "openai/resources/evals/runs/runs";
import type { FileObject } from "openai/resources/files";
import type { FineTuningJob } from "openai/resources/fine-tuning/jobs";
import { api } from "@/api/client";
import { watch } from "@/lib/tab/watching";
import { BASES, evalRequest, file, FILE_NAMES, MARK, runRequest, tickets } from "./sample";

const LIVE_MS = 1000;
const PAGE = 100;
const ENDED = ["succeeded", "failed", "cancelled", "paused"];

export interface Sample {
  /** The built-in model that learns; null where there is none. */
  base: string | null;
  owner: EvalListResponse | null;
  baseRun: RunListResponse | null;
  training: FileObject | null;
  validation: FileObject | null;
  job: FineTuningJob | null;
  tunedRun: RunListResponse | null;
}

/** Read from the server alone, so that another tab or another day continues where this one stopped. */
export const sampleQuery = queryOptions({
  queryKey: ["sample"],
  queryFn: async ({ signal }): Promise<Sample> => {
    const [models, evals, files, jobs] = await Promise.all([
      api().models.list({ signal }),
      api().evals.list({ limit: PAGE, order: "desc" }, { signal }),
      api().files.list({ limit: PAGE, order: "desc", purpose: "fine-tune" }, { signal }),
      api().fineTuning.jobs.list({ limit: 1, metadata: MARK }, { signal }),
    ]);
    const owner = evals.data.find((one) => one.metadata?.sample === MARK.sample) ?? null;
    const runs = owner === null ? [] : (await api().evals.runs.list(owner.id, { limit: PAGE, order: "desc" }, { signal })).data;
    const job = jobs.data[0] ?? null;
    const base = BASES.find((name) => models.data.some((model) => model.id === name)) ?? null;
    const named = (name: string) => files.data.find((one) => one.filename === name) ?? null;
    const runOf = (model: string | null) => (model === null ? null : (runs.find((run) => run.model === model) ?? null));
    return {
      base,
      owner,
      baseRun: runOf(job?.model ?? base),
      training: named(FILE_NAMES.training),
      validation: named(FILE_NAMES.validation),
      job,
      tunedRun: runOf(job?.fine_tuned_model ?? null),
    };
  },
  refetchInterval: ({ state }) => (state.data !== undefined && isBusy(state.data) ? LIVE_MS : false),
});

export function isUnderWay(run: { status: string } | null): boolean {
  return run !== null && (run.status === "queued" || run.status === "in_progress");
}

function isBusy({ baseRun, tunedRun, job }: Sample): boolean {
  return isUnderWay(baseRun) || isUnderWay(tunedRun) || (job !== null && !ENDED.includes(job.status));
}

export function useSample() {
  const cache = useQueryClient();
  const query = useQuery(sampleQuery);
  const refresh = async () => {
    await Promise.all(["sample", "overview", "evals", "files", "jobs"].map((key) => cache.invalidateQueries({ queryKey: [key] })));
  };
  const ask = useMutation({
    mutationFn: async ({ owner, model, name }: { owner: string | null; model: string; name: string }) => {
      const id = owner ?? (await api().evals.create(evalRequest(name))).id;
      await api().evals.runs.create(id, runRequest(model));
    },
    onSettled: refresh,
  });
  const upload = useMutation({
    mutationFn: async () => {
      const { training, validation } = tickets();
      await api().files.create({ file: file(FILE_NAMES.training, training), purpose: "fine-tune" });
      await api().files.create({ file: file(FILE_NAMES.validation, validation), purpose: "fine-tune" });
    },
    onSettled: refresh,
  });
  const train = useMutation({
    mutationFn: ({ base, training, validation }: { base: string; training: string; validation: string }) =>
      api().fineTuning.jobs.create({
        model: base,
        training_file: training,
        validation_file: validation,
        suffix: "tickets",
        seed: 7,
        metadata: MARK,
      }),
    onSuccess: ({ id }) => watch({ kind: "job", id }),
    onSettled: refresh,
  });
  return { query, ask, upload, train };
}
