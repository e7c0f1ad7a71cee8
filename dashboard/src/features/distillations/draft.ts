/** The state of the form, and the request that it makes. */

import type { AnswerSource, LearningMethod, NewDistillation } from "@/api/x";
import { pairOf, timesOf } from "@/lib/storedFilter";

export const SOURCES = ["completions", "responses", "questions", "selected"] as const;
export type Source = (typeof SOURCES)[number];

export const METHODS = ["answers", "probabilities", "on_policy"] as const;
export type Method = (typeof METHODS)[number];

export interface Draft {
  source: Source;
  /** Empty is any model, where the answers are stored. */
  teacher: string;
  /** As typed: key=value. */
  metadata: string;
  from: string;
  to: string;
  limit: string;
  /** Of "selected": stored answers that were chosen one by one. */
  ids: readonly string[];
  /** Of "questions". */
  file: string | null;
  instructions: string;
  deduplicate: boolean;
  keepRefusals: boolean;
  redact: boolean;
  isGraded: boolean;
  student: string;
  method: Method;
  /** Of "probabilities", as typed; empty is left to the server. */
  temperature: string;
  topK: string;
  mix: string;
  /** Of "on_policy", as typed. */
  maxTokens: string;
  /** The share that is held out, in percent, as typed. */
  percent: string;
  /** As typed; empty is left to the server. */
  epochs: string;
  suffix: string;
  seed: string;
}

export const EMPTY: Draft = {
  source: "completions",
  teacher: "",
  metadata: "",
  from: "",
  to: "",
  limit: "",
  ids: [],
  file: null,
  instructions: "",
  deduplicate: true,
  keepRefusals: false,
  redact: false,
  isGraded: false,
  student: "",
  method: "answers",
  temperature: "",
  topK: "",
  mix: "",
  maxTokens: "",
  percent: "20",
  epochs: "",
  suffix: "",
  seed: "",
};

/** The request; null while something is missing or cannot be read. */
export function requestOf(draft: Draft, grader: object): NewDistillation | null {
  const selected = selectionOf(draft);
  const validation = shareOf(draft.percent);
  const keepIf = draft.isGraded ? keepIfOf(grader) : undefined;
  if (selected === null || validation === null || keepIf === null || draft.student === "") return null;
  if (isMissingTeacher(draft)) return null;
  return {
    ...selected,
    validation,
    ...(draft.method !== "answers" && { method: methodOf(draft) }),
    ...(keepIf !== undefined && { keep_if: keepIf }),
    ...(draft.epochs.trim() !== "" && { hyperparameters: { n_epochs: typed(draft.epochs) } }),
    ...(draft.suffix.trim() !== "" && { suffix: draft.suffix.trim() }),
    ...(draft.seed.trim() !== "" && { seed: typed(draft.seed) }),
  };
}

/** Whose probabilities are learned has to be named. */
export function isMissingTeacher(draft: Draft): boolean {
  return draft.method !== "answers" && draft.teacher.trim() === "";
}

function methodOf(draft: Draft): LearningMethod {
  const given = (values: Record<string, string>) =>
    Object.fromEntries(Object.entries(values).flatMap(([name, text]) => (text.trim() === "" ? [] : [[name, typed(text)]])));
  if (draft.method === "on_policy") return { type: "on_policy", ...given({ max_tokens: draft.maxTokens }) };
  const { temperature, topK: top_k, mix } = draft;
  return { type: "probabilities", ...given({ temperature, top_k, mix }) };
}

/** The part of the request on which a preview depends; null where there is none. */
export function selectionOf(draft: Draft): NewDistillation | null {
  const source = sourceOf(draft);
  const teacher = draft.teacher.trim();
  if (source === null || (draft.source === "questions" && teacher === "")) return null;
  return {
    source,
    student: draft.student,
    ...(teacher !== "" && { teacher }),
    deduplicate: draft.deduplicate,
    keep_refusals: draft.keepRefusals,
    redact: draft.redact,
  };
}

export function isPair(metadata: string): boolean {
  return metadata.trim() === "" || pairOf(metadata) !== undefined;
}

function sourceOf(draft: Draft): AnswerSource | null {
  const limit = draft.limit.trim() === "" ? {} : { limit: typed(draft.limit) };
  if (draft.source === "questions") {
    if (draft.file === null) return null;
    const instructions = draft.instructions.trim();
    return { type: "questions", file_id: draft.file, ...(instructions !== "" && { instructions }), ...limit };
  }
  if (draft.source === "selected") return draft.ids.length === 0 ? null : { type: "selected", ids: [...draft.ids] };
  if (!isPair(draft.metadata)) return null;
  const metadata = pairOf(draft.metadata);
  const { created_after: after, created_before: before } = timesOf(draft);
  return {
    type: draft.source === "completions" ? "stored_completions" : "responses",
    ...(metadata !== undefined && { metadata }),
    ...(after !== undefined && { created_after: after }),
    ...(before !== undefined && { created_before: before }),
    ...limit,
  };
}

/** A share of 0 to 1 from percent as typed; null for anything else. */
export function shareOf(percent: string): number | null {
  const share = Number(percent.trim()) / 100;
  return percent.trim() !== "" && share > 0 && share < 1 ? share : null;
}

const PASS_OR_FAIL = ["string_check", "label_model"];

/** What is good enough: the threshold of the grader, and a pass where it has none. */
export function keepIfOf(grader: object): { grader: object; at_least: number } | null {
  const { pass_threshold: threshold, ...rest } = grader as { type: string; pass_threshold?: number };
  const least = PASS_OR_FAIL.includes(rest.type) ? 1 : threshold;
  return least === undefined || Number.isNaN(least) ? null : { grader: rest, at_least: least };
}

/** Text that is not a number is sent as it is: the server says what is wrong with it. */
function typed(text: string): number {
  const value = Number(text.trim());
  return Number.isFinite(value) ? value : (text.trim() as unknown as number);
}

const FIELDS = {
  student: ["model", "student"],
  temperature: ["method.temperature"],
  topK: ["method.top_k"],
  mix: ["method.mix"],
  maxTokens: ["method.max_tokens"],
  teacher: ["teacher"],
  file: ["source.file_id", "file_id"],
  limit: ["source.limit"],
  metadata: ["source.metadata"],
  instructions: ["source.instructions"],
  ids: ["source.ids"],
  validation: ["validation"],
  epochs: ["hyperparameters.n_epochs"],
  suffix: ["suffix"],
  seed: ["seed"],
} as const;

export type FieldName = keyof typeof FIELDS;

/** The field that the server's `param` is about; undefined where the form as a whole is. */
export function fieldOf(param: string | null): FieldName | undefined {
  const names = Object.entries(FIELDS) as [FieldName, readonly string[]][];
  return names.find(([, params]) => params.some((one) => param === one || param?.startsWith(`${one}.`)))?.[0];
}
