/** The steps, events and checkpoints of one job, extended by each update. */

import type { FineTuningJob } from "openai/resources/fine-tuning/jobs";
import type { JobProgress } from "@/api/x";

export interface JobHistory {
  job: FineTuningJob;
  /** 1 if no older job waits or runs; null for a job that does not wait. */
  queuePlace: number | null;
  cursor: number;
  steps: number[];
  /** The second in which each step was recorded; none for jobs of elsewhere. */
  recordedAt: number[];
  totalSteps: number | null;
  /** Name of a metric → its value at each step. */
  series: Record<string, (number | null)[]>;
  events: JobProgress["events"];
  checkpoints: JobProgress["checkpoints"];
}

export function extend(before: JobHistory | undefined, update: JobProgress): JobHistory {
  const steps = [...(before?.steps ?? []), ...update.steps.step];
  const names = new Set([...Object.keys(before?.series ?? {}), ...Object.keys(update.steps.series)]);
  const known = before?.steps.length ?? 0;
  const series = Object.fromEntries(
    [...names].map((name) => [
      name,
      [
        ...(before?.series[name] ?? nothing(known)),
        ...(update.steps.series[name] ?? nothing(update.steps.step.length)),
      ],
    ]),
  );
  return {
    job: update.job,
    queuePlace: update.queue_place,
    cursor: update.cursor,
    ...withSpeed(inOrder(steps, [...(before?.recordedAt ?? []), ...update.steps.recorded_at], series)),
    totalSteps: update.steps.total_steps ?? before?.totalSteps ?? null,
    events: [...(before?.events ?? []), ...update.events],
    checkpoints: update.checkpoints,
  };
}

type Steps = Pick<JobHistory, "steps" | "recordedAt" | "series">;

function nothing(length: number): null[] {
  return Array.from({ length }, () => null);
}

/** Curves go from left to right, also when an attempt reported its steps late. */
function inOrder(steps: number[], recordedAt: number[], series: JobHistory["series"]): Steps {
  if (steps.every((step, at) => at === 0 || step > (steps[at - 1] ?? 0))) return { steps, recordedAt, series };
  const order = steps.map((_, at) => at).sort((one, other) => (steps[one] ?? 0) - (steps[other] ?? 0));
  const sorted = (values: (number | null)[]) => order.map((at) => values[at] ?? null);
  return {
    steps: order.map((at) => steps[at] ?? 0),
    recordedAt: order.map((at) => recordedAt[at] ?? 0),
    series: Object.fromEntries(Object.entries(series).map(([name, values]) => [name, sorted(values)])),
  };
}

/** The last measured value of a metric. */
export function latest(history: JobHistory, name: string): number | null {
  return history.series[name]?.findLast((value) => value !== null) ?? null;
}

/** The highest value of a metric and the first step at which it was measured. */
export function best(history: JobHistory, metric: string): { value: number; step: number } | null {
  let top: { value: number; step: number } | null = null;
  for (const [at, value] of (history.series[metric] ?? []).entries()) {
    if (value !== null && (top === null || value > top.value)) top = { value, step: history.steps[at] ?? 0 };
  }
  return top;
}

const TOKENS = "run.tokens";
export const SPEED = "tokens_per_second";

/** Steps are recorded by the second: the tokens since the second before, over the time since then. */
function withSpeed(found: Steps): Steps {
  const tokens = found.series[TOKENS];
  if (tokens === undefined) return found;
  let since = found.recordedAt[0] ?? 0;
  let read = 0;
  const speed = found.recordedAt.map((at, index) => {
    // Nobody knows how long the first step took.
    if (index === 0) return null;
    read += tokens[index] ?? 0;
    if (at <= since) return null;
    const value = read / (at - since);
    since = at;
    read = 0;
    return value;
  });
  return { ...found, series: { ...found.series, [SPEED]: speed } };
}

/** Seconds since the first step, at each; steps of the same second are spread over it. */
export function elapsed(recordedAt: readonly number[]): number[] {
  const start = recordedAt[0] ?? 0;
  const sizes = new Map<number, number>();
  for (const at of recordedAt) sizes.set(at, (sizes.get(at) ?? 0) + 1);
  const seen = new Map<number, number>();
  return recordedAt.map((at) => {
    const before = seen.get(at) ?? 0;
    seen.set(at, before + 1);
    return at - start + before / (sizes.get(at) ?? 1);
  });
}
