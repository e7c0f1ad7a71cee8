/** Which of a job's metrics are drawn together, and how two jobs lie over each other. */

import type { Curve } from "@/components/display/Chart";
import { smooth } from "@/lib/smoothing";
import { elapsed, type JobHistory, SPEED } from "./history";

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
/** What every job measures, whatever it learns from. */
const OF_RUNS: readonly View[] = [
  { name: "learningRate", isShare: false, metrics: ["run.learning_rate"] },
  { name: "gradientNorm", isShare: false, metrics: ["run.gradient_norm"] },
  { name: "tokensPerSecond", isShare: false, metrics: [SPEED] },
];
const REWARD = "train_mean_reward";
const KNOWN = [...OF_REWARDS, LOSS, ACCURACY, ...OF_PAIRS, ...OF_TEACHERS, ...OF_RUNS];
/** Counted, and drawn nowhere. */
const COUNTED = ["trained_tokens", "run.tokens", "mean_unresponsive_rewards", "timing.full_iteration"];
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

const COLORS = ["--series-1", "--series-2", "--series-3", "--series-4", "--series-5", "--series-6", "--series-7", "--series-8"] as const;
const SPARSE = /^(full_)?valid_|^(timing|errors)\.(valid|eval)/;

export type Axis = "steps" | "seconds";

export interface Drawing {
  /** Where each value lies: at which step, or how many seconds after the first. */
  steps: readonly number[];
  curves: Curve[];
}

export interface NamedHistory {
  history: JobHistory;
  name: string;
}

export interface Look {
  view: View;
  smoothing: number;
  axis: Axis;
  nameOf: (metric: string) => string;
}

export function colorOf(job: number): string {
  return COLORS[job % COLORS.length] ?? "--series-1";
}

/** Whether it is known when the steps of a job were made. */
export function hasTimes(history: JobHistory): boolean {
  return history.recordedAt.length === history.steps.length && history.steps.length > 0;
}

/** The curves of one job by their metrics, or those of several, each job in a colour of its own. */
export function draw(own: JobHistory, others: readonly NamedHistory[], look: Look): Drawing {
  const shown = others.filter(({ history }) => look.axis === "steps" || hasTimes(history));
  const places = [own, ...shown.map(({ history }) => history)].map((history) => placesOf(history, look.axis));
  const all = places.slice(1).reduce<readonly number[]>(union, places[0] ?? []);
  const mine = curvesOf(own, places[0] ?? [], all, look);
  if (shown.length === 0) return { steps: all, curves: mine };
  const theirs = shown.flatMap(({ history, name }, at) =>
    curvesOf(history, places[at + 1] ?? [], all, { ...look, nameOf: (metric) => `${look.nameOf(metric)} · ${name}` }).map(
      (curve) => ({ ...curve, color: colorOf(others.findIndex((other) => other.history === history) + 1) }),
    ),
  );
  // A job has one colour then, so its curves differ in their lines.
  const byJob = [...mine.map((curve) => ({ ...curve, color: colorOf(0) })), ...theirs];
  return { steps: all, curves: byJob.map((curve) => ({ ...curve, isDashed: curve.isSparse === true })) };
}

export function placesOf(history: JobHistory, axis: Axis): readonly number[] {
  return axis === "seconds" && hasTimes(history) ? elapsed(history.recordedAt) : history.steps;
}

function curvesOf(history: JobHistory, places: readonly number[], onto: readonly number[], look: Look): Curve[] {
  return look.view.metrics.flatMap((metric, at) => {
    const values = history.series[metric];
    if (!values?.some((value) => value !== null)) return [];
    const isSparse = SPARSE.test(metric);
    const drawn = isSparse ? values : smooth(values, look.smoothing);
    return [{ name: look.nameOf(metric), color: colorOf(at), isSparse, values: placed(places, drawn, onto) }];
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
