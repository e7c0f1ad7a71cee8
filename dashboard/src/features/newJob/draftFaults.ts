/** What is wrong with the fields of a job before the server is asked, all at once. */

import { parseObject } from "@/lib/jsonl";
import type { Draft } from "./draft";

/** The kind of fault, and the bounds that its words name. */
export type FieldFault =
  | { kind: "count"; min: number; max: number | null }
  | { kind: "number"; above: number; max: number | null }
  | { kind: "json" }
  | { kind: "length"; max: number };

const MAX_SEED = 2_147_483_647;
const MAX_SUFFIX = 64;

/** By the names under which the server would complain. */
export function draftFaults(draft: Draft): Partial<Record<string, FieldFault>> {
  const checks: [string, FieldFault | null][] = [
    ["n_epochs", count(draft.epochs, 1, 50)],
    ["batch_size", count(draft.batchSize, 1, 256)],
    ["learning_rate_multiplier", number(draft.learningRate, 0, null)],
    ["seed", count(draft.seed, 0, MAX_SEED)],
    ["suffix", draft.suffix.length > MAX_SUFFIX ? { kind: "length", max: MAX_SUFFIX } : null],
  ];
  if (draft.method === "supervised") checks.push(["safety_mix", number(draft.safetyMix, 0, 0.5)]);
  if (draft.method === "dpo") checks.push(["beta", number(draft.beta, 0, 2)]);
  if (draft.method === "reinforcement") {
    checks.push(
      ["compute_multiplier", number(draft.computeMultiplier, 0, 10)],
      ["eval_interval", count(draft.evalInterval, 1, null)],
      ["eval_samples", count(draft.evalSamples, 1, null)],
      ["max_completion_tokens", count(draft.maxTokens, 1, null)],
      ["grader", json(draft.grader)],
      ["shadow_grader", json(draft.shadowGrader)],
      ["response_format", json(draft.responseFormat)],
    );
  }
  return Object.fromEntries(checks.filter((check): check is [string, FieldFault] => check[1] !== null));
}

function isLeftOpen(text: string): boolean {
  return text.trim() === "" || text.trim() === "auto";
}

function count(text: string, min: number, max: number | null): FieldFault | null {
  if (isLeftOpen(text)) return null;
  const value = Number(text);
  return Number.isInteger(value) && value >= min && (max === null || value <= max) ? null : { kind: "count", min, max };
}

function number(text: string, above: number, max: number | null): FieldFault | null {
  if (isLeftOpen(text)) return null;
  const value = Number(text);
  return Number.isFinite(value) && value > above && (max === null || value <= max) ? null : { kind: "number", above, max };
}

function json(text: string): FieldFault | null {
  return text.trim() === "" || parseObject(text) !== null ? null : { kind: "json" };
}
