/** Usage added up by day, model and key. */

import { expect, test } from "vitest";
import { type Answers, daily, grouped, total, type Training, usageTable } from "@/lib/usage";

const ANSWER: Answers = {
  date: "2026-11-30",
  source: "api",
  api_key_id: "key_a",
  api_key_name: "laptop",
  model: "nano",
  requests: 2,
  prompt_tokens: 30,
  completion_tokens: 10,
};
const JOB: Training = { date: "2026-12-01", api_key_id: null, api_key_name: null, model: "mini", jobs: 1, trained_tokens: 500 };
const USED = {
  answers: [ANSWER, { ...ANSWER, date: "2026-12-01", source: "evals" as const, api_key_id: null, api_key_name: null, model: "mini" }],
  training: [JOB],
};

test("everything is added up", () => {
  expect(total(USED)).toEqual({ requests: 4, prompt: 60, completion: 20, jobs: 1, trained: 500 });
});

test("days are newest first, models by their tokens, and what has no key says what asked", () => {
  expect(grouped(USED, "day").map(({ id, trained }) => [id, trained])).toEqual([["2026-12-01", 500], ["2026-11-30", 0]]);
  expect(grouped(USED, "model").map(({ id, prompt }) => [id, prompt])).toEqual([["mini", 30], ["nano", 30]]);
  expect(grouped(USED, "key").map(({ id, keyName }) => [id, keyName])).toEqual([["unknown", null], ["key_a", "laptop"], ["evals", null]]);
});

test("days without usage have a place too, across the end of a month", () => {
  expect(daily(USED, "2026-11-29", "2026-12-01").map((day) => day.tokens)).toEqual([0, 40, 540]);
});

test("the table has a line for each day, source, key and model, and quotes names", () => {
  const lines = usageTable({ answers: [{ ...ANSWER, api_key_name: 'my "old", key' }], training: [JOB] }).split("\n");
  expect(lines[1]).toBe('2026-11-30,api,key_a,"my ""old"", key",nano,2,30,10,0,0');
  expect(lines[2]).toBe("2026-12-01,training,,,mini,0,0,0,1,500");
});
