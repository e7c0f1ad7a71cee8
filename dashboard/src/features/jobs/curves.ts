/** Which of a job's metrics are drawn together, and how two jobs lie over each other. */

import type { Curve } from "@/components/display/Chart";
import { smooth } from "@/lib/smoothing";
import type { JobHistory } from "./history";

export interface View {
  name: string;
  isShare: boolean;
  metrics: readonly string[];
}

const LOSS: View = { name: "loss", isShare: false, metrics: ["train_loss", "valid_loss", "full_valid_loss"] };
const ACCURACY: View = {
  name: "accuracy",
  isShare: true,
  metrics: ["train_mean_token_accuracy", "valid_mean_token_accuracy", "full_valid_mean_token_accuracy"],
};
/** What jobs over pairs measure: each on what is trained and on what is held out. */
const OF_PAIRS: readonly View[] = [
  { name: "rewardAccuracy", isShare: true, metrics: everywhere("reward_accuracy") },
  { name: "rewardMargin", isShare: false, metrics: everywhere("reward_margin") },
  { name: "rewards", isShare: false, metrics: bothAnswers("reward") },
  { name: "logProbabilities", isShare: false, metrics: bothAnswers("logps") },
];
export const DIVERGENCE: View = { name: "divergence", isShare: false, metrics: everywhere("divergence") };
/** What distillations by probabilities measure. */
const OF_TEACHERS: readonly View[] = [
  DIVERGENCE,
  { name: "teacherAgreement", isShare: true, metrics: everywhere("teacher_agreement") },
  { name: "answerTokens", isShare: false, metrics: ["train_answer_tokens"] },
];
/** What jobs over graded answers measure. Rewards of steps are of other prompts each time: held-out ones come first. */
const OF_REWARDS: readonly View[] = [
  {
    name: "reward",
    isShare: false,
    metrics: ["full_valid_mean_reward", "full_valid_shadow_mean_reward", "train_mean_reward"],
  },
  {
    name: "lengths",
    isShare: false,
    metrics: ["valid_completion_tokens_mean", "valid_reasoning_tokens_mean", "completion_tokens_mean", "reasoning_tokens_mean"],
  },
  {
    name: "problems",
    isShare: true,
    metrics: ["full_valid_mean_parse_error", "errors.valid", "errors.train", "train_truncated_share"],
  },
  { name: "graderTimes", isShare: false, metrics: ["timing.valid_execution_latency_mean", "timing.train_execution_latency_mean"] },
  { name: "stepTimes", isShare: false, metrics: ["timing.eval", "timing.sampling", "timing.training"] },
  { name: "usefulGroups", isShare: false, metrics: ["train_useful_groups"] },
  { name: "drift", isShare: false, metrics: ["sampler_trainer_kl"] },
];
const REWARD = "train_mean_reward";
const KNOWN = [...OF_REWARDS, LOSS, ACCURACY, ...OF_PAIRS, ...OF_TEACHERS];
/** Counted, and drawn nowhere. */
const COUNTED = ["trained_tokens", "mean_unresponsive_rewards", "timing.full_iteration"];
const DRAWN = new Set([...KNOWN.flatMap((view) => view.metrics), ...COUNTED]);

/** Whether the job learns from rewards: its loss, whose mean is 0 by design, says nothing. */
export function isRewarded(history: JobHistory): boolean {
  return REWARD in history.series || history.job.method?.type === "reinforcement";
}

/** The views of what the job measures, and each metric that is not known here by itself. */
export function viewsOf(history: JobHistory): View[] {
  const isMeasured = (view: View) => view.metrics.some((metric) => metric in history.series);
  const others = Object.keys(history.series).filter((name) => !DRAWN.has(name) && !/^(full_)?valid_.*_(reward|logps)$/.test(name));
  const known = KNOWN.filter((view) => (view === LOSS ? !isRewarded(history) : isMeasured(view)));
  return [...known, ...others.map((name) => ({ name, isShare: false, metrics: [name] }))];
}

function everywhere(metric: string): string[] {
  return ["train", "valid", "full_valid"].map((where) => `${where}_${metric}`);
}

function bothAnswers(metric: string): string[] {
  return ["train", "full_valid"].flatMap((where) => [`${where}_chosen_${metric}`, `${where}_rejected_${metric}`]);
}

const COLORS = ["--series-1", "--series-2", "--series-3"] as const;
const SPARSE = /^(full_)?valid_|^(timing|errors)\.(valid|eval)/;

export interface Drawing {
  steps: readonly number[];
  curves: Curve[];
}

export function draw(
  history: JobHistory,
  other: { history: JobHistory; name: string } | null,
  view: View,
  smoothing: number,
  nameOf: (metric: string) => string,
): Drawing {
  const steps = other ? union(history.steps, other.history.steps) : history.steps;
  const own = curvesOf(history, view, steps, smoothing, nameOf);
  if (!other) return { steps, curves: own };
  const theirs = curvesOf(other.history, view, steps, smoothing, (metric) => `${nameOf(metric)} · ${other.name}`);
  return { steps, curves: [...own, ...theirs.map((curve) => ({ ...curve, isDashed: true }))] };
}

function curvesOf(
  history: JobHistory,
  view: View,
  steps: readonly number[],
  smoothing: number,
  nameOf: (metric: string) => string,
): Curve[] {
  return view.metrics.flatMap((metric, at) => {
    const values = history.series[metric];
    if (!values?.some((value) => value !== null)) return [];
    const isSparse = SPARSE.test(metric);
    const drawn = isSparse ? values : smooth(values, smoothing);
    return [{ name: nameOf(metric), color: COLORS[at] ?? "--series-4", isSparse, values: placed(history.steps, drawn, steps) }];
  });
}

export function union(one: readonly number[], other: readonly number[]): number[] {
  return [...new Set([...one, ...other])].sort((a, b) => a - b);
}

/** The values at those of `onto` at which they were measured. */
function placed(steps: readonly number[], values: readonly (number | null)[], onto: readonly number[]): readonly (number | null)[] {
  if (steps === onto) return values;
  const byStep = new Map(steps.map((step, at) => [step, values[at] ?? null]));
  return onto.map((step) => byStep.get(step) ?? null);
}
