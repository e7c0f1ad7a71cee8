/** In what jobs differ: their settings, how long they took, and what they came to. */

import type { NamedHistory } from "./curves";
import { type JobHistory, elapsed, latest } from "./history";

export type Value = string | number | null;

export interface Difference {
  name: string;
  /** One for each job, in their order. */
  values: Value[];
}

const RESULTS = ["train_loss", "full_valid_loss", "full_valid_mean_reward"];

/** What is not the same for all of these jobs. */
export function differences(jobs: readonly NamedHistory[]): Difference[] {
  const facts = jobs.map(({ history }) => factsOf(history));
  const names = [...new Set(facts.flatMap((each) => Object.keys(each)))];
  return names
    .map((name) => ({ name, values: facts.map((each) => each[name] ?? null) }))
    .filter(({ values }) => new Set(values).size > 1);
}

function factsOf(history: JobHistory): Record<string, Value> {
  const { job } = history;
  const settings = job.method as Record<string, { hyperparameters?: Record<string, unknown> } | undefined> | undefined;
  const kind = job.method?.type ?? "supervised";
  const given: Record<string, unknown> = settings?.[kind]?.hyperparameters ?? { ...job.hyperparameters };
  return {
    model: job.model,
    method: kind,
    training_file: job.training_file,
    validation_file: job.validation_file,
    ...Object.fromEntries(Object.entries(given).map(([name, value]) => [name, shown(value)])),
    seed: job.seed,
    status: job.status,
    trained_tokens: job.trained_tokens,
    steps: history.steps.at(-1) ?? null,
    time: elapsed(history.recordedAt).at(-1) ?? null,
    ...Object.fromEntries(RESULTS.map((name) => [name, latest(history, name)])),
  };
}

function shown(value: unknown): Value {
  if (typeof value === "number" || typeof value === "string") return value;
  return value === null || value === undefined ? null : JSON.stringify(value);
}
