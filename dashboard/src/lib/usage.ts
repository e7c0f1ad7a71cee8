/** What a project used, added up by day, by model or by key. */

import { csv } from "@/lib/csv";

export const GROUPINGS = ["day", "model", "key"] as const;
export type Grouping = (typeof GROUPINGS)[number];

interface UsedBy {
  date: string;
  model: string;
  api_key_id: string | null;
  api_key_name: string | null;
}

export interface Answers extends UsedBy {
  source: "api" | "batches" | "evals";
  requests: number;
  prompt_tokens: number;
  completion_tokens: number;
}

export interface Training extends UsedBy {
  jobs: number;
  trained_tokens: number;
}

export interface Used {
  answers: readonly Answers[];
  training: readonly Training[];
}

export interface Sum {
  requests: number;
  prompt: number;
  completion: number;
  jobs: number;
  trained: number;
}

export interface Group extends Sum {
  /** A date, a model, the id of a key, or what asked without one. */
  id: string;
  keyName: string | null;
}

const NOTHING: Sum = { requests: 0, prompt: 0, completion: 0, jobs: 0, trained: 0 };

export function total(used: Used): Sum {
  return [...used.answers.map(ofAnswers), ...used.training.map(ofTraining)].reduce(added, NOTHING);
}

/** Days newest first; models and keys by their tokens, most first. */
export function grouped(used: Used, by: Grouping): Group[] {
  const groups = new Map<string, Group>();
  const add = (id: string, keyName: string | null, sum: Sum) => {
    const before = groups.get(id);
    groups.set(id, { id, keyName: keyName ?? before?.keyName ?? null, ...added(before ?? NOTHING, sum) });
  };
  for (const one of used.answers) add(idOf(one, by, one.source), one.api_key_name, ofAnswers(one));
  for (const one of used.training) add(idOf(one, by, "unknown"), one.api_key_name, ofTraining(one));
  const all = [...groups.values()];
  if (by === "day") return all.sort((one, other) => other.id.localeCompare(one.id));
  return all.sort((one, other) => tokens(other) - tokens(one));
}

export function tokens(sum: Sum): number {
  return sum.prompt + sum.completion + sum.trained;
}

/** The tokens of every day from the first to the last, those without any too. */
export function daily(used: Used, start: string, end: string): { date: string; tokens: number }[] {
  const days = new Map(grouped(used, "day").map((day) => [day.id, tokens(day)]));
  const found: { date: string; tokens: number }[] = [];
  for (let at = Date.parse(start); at <= Date.parse(end); at += 86_400_000) {
    const date = new Date(at).toISOString().slice(0, 10);
    found.push({ date, tokens: days.get(date) ?? 0 });
  }
  return found;
}

/** A line for each day, source, key and model. */
export function usageTable(used: Used): string {
  const head = ["date", "source", "api_key_id", "api_key_name", "model", "requests", "prompt_tokens", "completion_tokens", "jobs", "trained_tokens"];
  const by = (one: UsedBy) => [one.api_key_id ?? "", one.api_key_name ?? "", one.model];
  const rows = [
    ...used.answers.map((one) => [one.date, one.source, ...by(one), one.requests, one.prompt_tokens, one.completion_tokens, 0, 0]),
    ...used.training.map((one) => [one.date, "training", ...by(one), 0, 0, 0, one.jobs, one.trained_tokens]),
  ];
  return csv([head, ...rows]);
}

function idOf(one: UsedBy, by: Grouping, without: string): string {
  if (by === "day") return one.date;
  return by === "model" ? one.model : (one.api_key_id ?? without);
}

function ofAnswers(one: Answers): Sum {
  return { ...NOTHING, requests: one.requests, prompt: one.prompt_tokens, completion: one.completion_tokens };
}

function ofTraining(one: Training): Sum {
  return { ...NOTHING, jobs: one.jobs, trained: one.trained_tokens };
}

function added(one: Sum, other: Sum): Sum {
  return {
    requests: one.requests + other.requests,
    prompt: one.prompt + other.prompt,
    completion: one.completion + other.completion,
    jobs: one.jobs + other.jobs,
    trained: one.trained + other.trained,
  };
}
