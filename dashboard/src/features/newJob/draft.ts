/** The state of the job form, and the request it makes. */

import type { FineTuningJob, JobCreateParams } from "openai/resources/fine-tuning/jobs";
import type { SupervisedMethod } from "openai/resources/fine-tuning/methods";
import type { StringCheckGrader } from "openai/resources/graders";
import type { MethodName, SplitOptions } from "@/api/x";
import { parseObject } from "@/lib/jsonl";

/** Where the validation data comes from. */
export const HOLD_OUTS = ["none", "file", "split"] as const;
export type HoldOut = (typeof HOLD_OUTS)[number];

/** What becomes of conversations that the chat template rewrites; "auto" is as the base is set. */
export const SPLIT_TURNS = ["auto", "split", "whole"] as const;
export type SplitTurns = (typeof SPLIT_TURNS)[number];

/** OpenAI's settings of the method, and our own. */
type OurSupervised = SupervisedMethod & { split_turns?: boolean };

export interface Draft {
  model: string;
  method: MethodName;
  training: string | null;
  holdOut: HoldOut;
  /** The file of "file". */
  validation: string | null;
  /** The share of "split" in percent, as typed. */
  percent: string;
  /** Of supervised jobs. */
  splitTurns: SplitTurns;
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
  holdOut: "none",
  validation: null,
  percent: "10",
  splitTurns: "auto",
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
  const supervised: OurSupervised | undefined = job.method?.supervised;
  return {
    ...EMPTY,
    model: job.model,
    method,
    training: job.training_file,
    holdOut: job.validation_file === null ? "none" : "file",
    validation: job.validation_file,
    splitTurns: supervised?.split_turns === true ? "split" : "auto",
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
  const validation = validationOf(draft);
  const method = methodOf(draft);
  if (method === null) return null;
  const metadata = Object.fromEntries(draft.metadata.filter(([key]) => key.trim() !== ""));
  return {
    model: draft.model,
    training_file: draft.training,
    ...(validation !== null && { validation_file: validation }),
    method,
    ...(draft.suffix.trim() !== "" && { suffix: draft.suffix.trim() }),
    ...(draft.seed.trim() !== "" && { seed: asNumber(draft.seed) as number }),
    ...(Object.keys(metadata).length > 0 && { metadata }),
  };
}

export function validationOf(draft: Draft): string | null {
  return draft.holdOut === "file" ? draft.validation : null;
}

/** What the server is asked to do with rewritten conversations; undefined leaves it to the base. */
export function splitTurnsOf(draft: Draft): boolean | undefined {
  if (draft.method !== "supervised" || draft.splitTurns === "auto") return undefined;
  return draft.splitTurns === "split";
}

/** How to split the training file; null without a split or with an invalid share. */
export function splitOf(draft: Draft): Partial<SplitOptions> | null {
  const fraction = Number(draft.percent.trim()) / 100;
  const isShare = draft.percent.trim() !== "" && fraction > 0 && fraction < 1;
  if (draft.holdOut !== "split" || !isShare) return null;
  const seed = asNumber(draft.seed);
  return { fraction, method: draft.method, ...(draft.seed.trim() !== "" && typeof seed === "number" && { seed }) };
}

function methodOf(draft: Draft): JobCreateParams.Method | null {
  const hyperparameters = {
    ...given("n_epochs", draft.epochs),
    ...given("batch_size", draft.batchSize),
    ...given("learning_rate_multiplier", draft.learningRate),
  };
  switch (draft.method) {
    case "supervised": {
      const splitTurns = splitTurnsOf(draft);
      const supervised: OurSupervised = { hyperparameters, ...(splitTurns !== undefined && { split_turns: splitTurns }) };
      return { type: "supervised", supervised };
    }
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

/** Text that is not a number is sent as it is: the server says what is wrong with it. */
function asNumber(text: string): number | string {
  const value = Number(text.trim());
  return Number.isFinite(value) ? value : text.trim();
}
