/** Testing criteria as they stand in the form, and as the API takes them. */

import type { EvalCreateParams } from "openai/resources/evals/evals";
import { parseObject } from "@/lib/jsonl";

export const KINDS = ["string_check", "text_similarity", "label_model", "score_model", "python", "multi"] as const;
export type Kind = (typeof KINDS)[number];

export const OPERATIONS = ["eq", "ne", "like", "ilike"] as const;
export const METRICS = [
  "fuzzy_match", "bleu", "gleu", "meteor", "cosine", "rouge_1", "rouge_2", "rouge_3", "rouge_4", "rouge_5", "rouge_l",
] as const; // prettier-ignore

/** Every field of every kind, as typed: changing the kind keeps what was typed. */
export interface Criterion {
  kind: Kind;
  name: string;
  input: string;
  reference: string;
  operation: string;
  metric: string;
  threshold: string;
  model: string;
  prompt: string;
  labels: string;
  passing: string;
  low: string;
  high: string;
  source: string;
  graders: string;
  formula: string;
}

export const NEW: Criterion = {
  kind: "string_check",
  name: "",
  input: "{{ sample.output_text }}",
  reference: "{{ item.answer }}",
  operation: "eq",
  metric: "fuzzy_match",
  threshold: "0.8",
  model: "",
  prompt: "Is this answer right?\n\nQuestion: {{ item.question }}\nAnswer: {{ sample.output_text }}",
  labels: "right, wrong",
  passing: "right",
  low: "0",
  high: "1",
  source: 'def grade(sample, item) -> float:\n    return 1.0 if sample["output_text"] == item["answer"] else 0.0\n',
  graders:
    '{\n  "exact": {\n    "type": "string_check",\n    "input": "{{ sample.output_text }}",\n    "reference": "{{ item.answer }}",\n    "operation": "eq"\n  }\n}',
  formula: "exact",
};

type Wire = EvalCreateParams["testing_criteria"][number];

/** The criterion as it is sent; the server checks it and names what is wrong. */
export function wireOf(criterion: Criterion): Wire {
  const name = criterion.name.trim() || criterion.kind;
  const threshold = numeric("pass_threshold", criterion.threshold);
  const input = [{ role: "user", content: criterion.prompt }];
  const wire = {
    string_check: {
      type: "string_check",
      name,
      input: criterion.input,
      reference: criterion.reference,
      operation: criterion.operation,
    },
    text_similarity: {
      type: "text_similarity",
      name,
      input: criterion.input,
      reference: criterion.reference,
      evaluation_metric: criterion.metric,
      ...threshold,
    },
    label_model: {
      type: "label_model",
      name,
      model: criterion.model,
      input,
      labels: list(criterion.labels),
      passing_labels: list(criterion.passing),
    },
    score_model: {
      type: "score_model",
      name,
      model: criterion.model,
      input,
      range: [Number(criterion.low), Number(criterion.high)],
      ...threshold,
    },
    python: { type: "python", name, source: criterion.source, ...threshold },
    multi: {
      type: "multi",
      name,
      graders: parseObject(criterion.graders) ?? {},
      calculate_output: criterion.formula,
      ...threshold,
    },
  }[criterion.kind];
  // "multi" is accepted here as everywhere, which the official types do not know.
  return wire as unknown as Wire;
}

function list(text: string): string[] {
  return text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

function numeric(name: string, text: string): Record<string, number> {
  return text.trim() === "" ? {} : { [name]: Number(text) };
}

/** The names of fields as typed: "question, answer". */
export function fieldNames(fields: string): string[] {
  return list(fields);
}

/** Criteria with the fields that were renamed under their new names; fields are paired by their places. */
export function withRenamedFields(criteria: readonly Criterion[], before: string, after: string): readonly Criterion[] {
  const [old, now] = [fieldNames(before), fieldNames(after)];
  if (old.length !== now.length) return criteria;
  const names = new Map(
    old.flatMap((name, at) => {
      const renamed = now[at];
      // Fields that only changed places keep their names.
      return renamed === undefined || now.includes(name) || old.includes(renamed) ? [] : [[name, renamed] as const];
    }),
  );
  if (names.size === 0) return criteria;
  const rename = (text: string) =>
    text
      .replace(/\bitem\.([\p{L}_][\p{L}\p{N}_]*)/gu, (whole, name: string) => (names.has(name) ? `item.${names.get(name)}` : whole))
      .replace(/\bitem\[(["'])(.*?)\1\]/g, (whole, quote: string, name: string) =>
        names.has(name) ? `item[${quote}${names.get(name)}${quote}]` : whole,
      );
  return criteria.map((criterion) => ({
    ...criterion,
    input: rename(criterion.input),
    reference: rename(criterion.reference),
    prompt: rename(criterion.prompt),
    source: rename(criterion.source),
    graders: rename(criterion.graders),
  }));
}

/** A schema of texts, from their names: "question, answer". */
export function schemaOf(fields: string): Record<string, unknown> {
  const names = list(fields);
  return {
    type: "object",
    properties: Object.fromEntries(names.map((name) => [name, { type: "string" }])),
    required: names,
  };
}
