/** Which of the server's errors belong to a field, and which to the form as a whole. */

import { messageOf, paramOf } from "@/api/client";

/** What stands in a grader is about the grader, whatever it is called there: so they come first. */
const FIELDS = [
  "grader",
  "shadow_grader",
  "response_format",
  "model",
  "method.type",
  "training_file",
  "split_turns",
  "safety_mix",
  "validation_file",
  "n_epochs",
  "batch_size",
  "learning_rate_multiplier",
  "beta",
  "compute_multiplier",
  "eval_interval",
  "eval_samples",
  "max_completion_tokens",
  "reasoning_effort",
  "suffix",
  "seed",
  "metadata",
] as const;

/** Paths are dotted: `method.supervised.hyperparameters.n_epochs` is about `n_epochs`. */
function fieldOf(param: string): string | undefined {
  return FIELDS.find((field) => param === field || param.endsWith(`.${field}`) || param.startsWith(`${field}.`) || param.includes(`.${field}.`));
}

export function errorOfField(
  error: unknown,
  field: string,
  textOf: (error: unknown) => string = messageOf,
): string | null {
  const param = paramOf(error);
  return param !== null && fieldOf(param) === field ? textOf(error) : null;
}

export function isFieldError(error: unknown): boolean {
  const param = paramOf(error);
  return param !== null && fieldOf(param) !== undefined;
}
