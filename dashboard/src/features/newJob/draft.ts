/** A job as it stands in the form, and the request that it becomes. */

import type { FineTuningJob, JobCreateParams } from "openai/resources/fine-tuning/jobs";
import type { StringCheckGrader } from "openai/resources/graders";
import type { MethodName } from "@/api/x";
import { parseObject } from "@/lib/jsonl";

export interface Draft {
  model: string;
  method: MethodName;
  training: string | null;
  validation: string | null;
  /** As typed; empty is "auto". */
  epochs: string;
  batchSize: string;
  learningRate: string;
  beta: string;
  grader: string;
  suffix: string;
  seed: string;
  metadata: readonly (readonly [key: string, value: string])[];
}

export const EMPTY: Draft = {
  model: "",
  method: "supervised",
  training: null,
  validation: null,
  epochs: "",
  batchSize: "",
  learningRate: "",
  beta: "",
  grader: "",
  suffix: "",
  seed: "",
  metadata: [],
};

export function draftOf(job: FineTuningJob): Draft {
  const hyper = job.hyperparameters;
  const method = job.method?.type ?? "supervised";
  const beta = job.method?.dpo?.hyperparameters?.beta;
  return {
    ...EMPTY,
    model: job.model,
    method,
    training: job.training_file,
    validation: job.validation_file,
    epochs: typed(hyper.n_epochs),
    batchSize: typed(hyper.batch_size),
    learningRate: typed(hyper.learning_rate_multiplier),
    beta: typed(beta),
    grader: job.method?.reinforcement ? JSON.stringify(job.method.reinforcement.grader, null, 2) : "",
    suffix: (job as { user_provided_suffix?: string | null }).user_provided_suffix ?? "",
    seed: String(job.seed),
    metadata: Object.entries(job.metadata ?? {}),
  };
}

function typed(value: unknown): string {
  return typeof value === "number" ? String(value) : "";
}

/** The request; null while there is no training file or the grader cannot be read. */
export function requestOf(draft: Draft): JobCreateParams | null {
  if (draft.training === null || draft.model === "") return null;
  const method = methodOf(draft);
  if (method === null) return null;
  const metadata = Object.fromEntries(draft.metadata.filter(([key]) => key.trim() !== ""));
  return {
    model: draft.model,
    training_file: draft.training,
    ...(draft.validation !== null && { validation_file: draft.validation }),
    method,
    ...(draft.suffix.trim() !== "" && { suffix: draft.suffix.trim() }),
    ...(draft.seed.trim() !== "" && { seed: asNumber(draft.seed) as number }),
    ...(Object.keys(metadata).length > 0 && { metadata }),
  };
}

function methodOf(draft: Draft): JobCreateParams.Method | null {
  const hyperparameters = {
    ...given("n_epochs", draft.epochs),
    ...given("batch_size", draft.batchSize),
    ...given("learning_rate_multiplier", draft.learningRate),
  };
  switch (draft.method) {
    case "supervised":
      return { type: "supervised", supervised: { hyperparameters } };
    case "dpo":
      return { type: "dpo", dpo: { hyperparameters: { ...hyperparameters, ...given("beta", draft.beta) } } };
    case "reinforcement": {
      const grader: unknown = parseObject(draft.grader);
      if (grader === null) return null;
      // Whether it is a grader, and which, is for the server to say.
      const reinforcement = { grader: grader as StringCheckGrader, hyperparameters };
      return { type: "reinforcement", reinforcement };
    }
  }
}

function given(name: string, text: string): Record<string, number> {
  return text.trim() === "" || text.trim() === "auto" ? {} : { [name]: asNumber(text) as number };
}

/** What is no number is sent as it is: the server says what is wrong with it. */
function asNumber(text: string): number | string {
  const value = Number(text.trim());
  return Number.isFinite(value) ? value : text.trim();
}
