/** The state of the job form, and the request it makes. */

import type { FineTuningJob, JobCreateParams } from "openai/resources/fine-tuning/jobs";
import type { SupervisedMethod } from "openai/resources/fine-tuning/methods";
import type { StringCheckGrader } from "openai/resources/graders";
import type { MethodName, SplitOptions } from "@/api/x";
import { parseObject } from "@/lib/jsonl";

/** Where the validation data comes from; rewards are measured on held-out prompts, so they need some. */
export const HOLD_OUTS = ["none", "file", "split"] as const;
export type HoldOut = (typeof HOLD_OUTS)[number];

/** What becomes of conversations that the chat template rewrites; "auto" is as the base is set. */
export const SPLIT_TURNS = ["auto", "split", "whole"] as const;
export type SplitTurns = (typeof SPLIT_TURNS)[number];

/** OpenAI's settings of the method, and our own. */
type OurSupervised = SupervisedMethod & { split_turns?: boolean; safety_mix?: number | null };
export function holdOutsOf(method: MethodName): readonly HoldOut[] {
  return HOLD_OUTS.filter((name) => method !== "reinforcement" || name !== "none");
}

export const EFFORTS = ["default", "low", "medium", "high"] as const;
export type Effort = (typeof EFFORTS)[number];

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
  /** JSON, as typed, like the two that follow. */
  grader: string;
  shadowGrader: string;
  responseFormat: string;
  hasPreflight: boolean;
  computeMultiplier: string;
  evalInterval: string;
  evalSamples: string;
  maxTokens: string;
  effort: Effort;
  suffix: string;
  seed: string;
  /** A share, as typed. */
  safetyMix: string;
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
  shadowGrader: "",
  responseFormat: "",
  hasPreflight: true,
  computeMultiplier: "",
  evalInterval: "",
  evalSamples: "",
  maxTokens: "",
  effort: "default",
  suffix: "",
  seed: "",
  safetyMix: "",
  metadata: [],
};

/** What changes with the method: the validation data too, where the new one needs some. */
export function withMethod(draft: Draft, method: MethodName): Partial<Draft> {
  const holdOut = holdOutsOf(method).includes(draft.holdOut) ? draft.holdOut : "split";
  return { method, holdOut };
}

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
    ...rewardsOf(job),
    suffix: (job as { user_provided_suffix?: string | null }).user_provided_suffix ?? "",
    seed: String(job.seed),
    safetyMix: typed(supervised?.safety_mix),
    metadata: Object.entries(job.metadata ?? {}),
  };
}

/** What the official types leave out of a reinforcement job is ours. */
interface Reinforcement {
  grader: object;
  shadow_grader?: object;
  response_format?: object;
  preflight?: boolean;
  hyperparameters?: Record<string, unknown>;
}

function rewardsOf(job: FineTuningJob): Partial<Draft> {
  const settings = job.method?.reinforcement as Reinforcement | undefined;
  if (settings === undefined) return {};
  const json = (value: object | undefined) => (value === undefined ? "" : JSON.stringify(value, null, 2));
  const hyper = settings.hyperparameters ?? {};
  return {
    grader: json(settings.grader),
    shadowGrader: json(settings.shadow_grader),
    responseFormat: json(settings.response_format),
    hasPreflight: settings.preflight !== false,
    computeMultiplier: typed(hyper.compute_multiplier),
    evalInterval: typed(hyper.eval_interval),
    evalSamples: typed(hyper.eval_samples),
    maxTokens: typed(hyper.max_completion_tokens),
    effort: EFFORTS.find((effort) => effort === hyper.reasoning_effort) ?? "default",
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
      const supervised: OurSupervised = {
        hyperparameters,
        ...(splitTurns !== undefined && { split_turns: splitTurns }),
        ...given("safety_mix", draft.safetyMix),
      };
      return { type: "supervised", supervised };
    }
    case "dpo":
      return { type: "dpo", dpo: { hyperparameters: { ...hyperparameters, ...given("beta", draft.beta) } } };
    case "reinforcement":
      return rewarded(draft, hyperparameters);
  }
}

/** Null while a grader or the form of answers is not JSON. */
function rewarded(draft: Draft, common: Record<string, number>): JobCreateParams.Method | null {
  const grader = parseObject(draft.grader);
  const more = { shadow_grader: draft.shadowGrader, response_format: draft.responseFormat };
  const objects: Record<string, unknown> = {};
  for (const [name, text] of Object.entries(more)) {
    if (text.trim() === "") continue;
    objects[name] = parseObject(text);
    if (objects[name] === null) return null;
  }
  if (grader === null) return null;
  const hyperparameters = {
    ...common,
    ...given("compute_multiplier", draft.computeMultiplier),
    ...given("eval_interval", draft.evalInterval),
    ...given("eval_samples", draft.evalSamples),
    ...given("max_completion_tokens", draft.maxTokens),
    ...(draft.effort !== "default" && { reasoning_effort: draft.effort }),
  };
  // Whether it is a grader, and which, is for the server to say.
  const settings = { grader: grader as unknown as StringCheckGrader, hyperparameters, ...objects };
  return { type: "reinforcement", reinforcement: { ...settings, ...(!draft.hasPreflight && { preflight: false }) } };
}

function given(name: string, text: string): Record<string, number> {
  return text.trim() === "" || text.trim() === "auto" ? {} : { [name]: asNumber(text) as number };
}

/** Text that is not a number is sent as it is: the server says what is wrong with it. */
function asNumber(text: string): number | string {
  const value = Number(text.trim());
  return Number.isFinite(value) ? value : text.trim();
}
