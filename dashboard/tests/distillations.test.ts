/** A form becomes the request of a distillation, and a distillation its steps. */

import { expect, test } from "vitest";
import type { Distillation } from "@/api/x";
import { type Draft, EMPTY, fieldOf, isPair, keepIfOf, requestOf, selectionOf } from "@/features/distillations/draft";
import { stagesOf } from "@/features/distillations/stages";

const DRAFT: Draft = { ...EMPTY, student: "understudy-nano" };
const GRADER = { type: "score_model", name: "judge", pass_threshold: 0.8 };

test("the filters of the logs select the answers, by whole days of this place", () => {
  const seconds = (time: string) => new Date(time).getTime() / 1000;
  const draft = { ...DRAFT, teacher: "gpt-4.1", metadata: "task=a=b", from: "2026-11-25", to: "2026-11-25", limit: "50" };
  expect(requestOf(draft, GRADER)).toEqual({
    source: {
      type: "stored_completions",
      metadata: { task: "a=b" },
      created_after: seconds("2026-11-25T00:00:00") - 1,
      created_before: seconds("2026-11-26T00:00:00"),
      limit: 50,
    },
    teacher: "gpt-4.1",
    student: "understudy-nano",
    deduplicate: true,
    keep_refusals: false,
    redact: false,
    validation: 0.2,
  });
  expect(selectionOf({ ...DRAFT, source: "responses" })?.source).toEqual({ type: "responses" });
});

test("half a condition selects nothing, rather than everything", () => {
  expect([isPair(""), isPair("task=a"), isPair("task"), isPair("=a")]).toEqual([true, true, false, false]);
  expect(selectionOf({ ...DRAFT, metadata: "task" })).toBeNull();
});

test("questions need a file and a teacher, and are asked with the system prompt", () => {
  const draft: Draft = { ...DRAFT, source: "questions", metadata: "task=a", file: "file-1", instructions: " Be brief. \n" };
  expect(requestOf(draft, GRADER)).toBeNull();
  expect(requestOf({ ...draft, teacher: "t", file: null }, GRADER)).toBeNull();
  expect(requestOf({ ...draft, teacher: "t" }, GRADER)).toMatchObject({
    source: { type: "questions", file_id: "file-1", instructions: "Be brief." },
    teacher: "t",
  });
});

test("what is typed is sent, and a number that is none is left for the server to refuse", () => {
  const draft = { ...DRAFT, epochs: "3", suffix: " small ", seed: "one", percent: "12.5" };
  expect(requestOf(draft, GRADER)).toMatchObject({
    hyperparameters: { n_epochs: 3 },
    suffix: "small",
    seed: "one",
    validation: 0.125,
  });
  for (const percent of ["", "0", "100", "half"]) expect(requestOf({ ...DRAFT, percent }, GRADER)).toBeNull();
  expect(requestOf({ ...DRAFT, student: "" }, GRADER)).toBeNull();
});

test("a grader keeps what reaches its threshold, or what passes where it has none", () => {
  const rest = { type: "score_model", name: "judge" };
  expect(keepIfOf(GRADER)).toEqual({ grader: rest, at_least: 0.8 });
  expect(keepIfOf({ type: "string_check", name: "x" })).toEqual({ grader: { type: "string_check", name: "x" }, at_least: 1 });
  expect([keepIfOf(rest), keepIfOf({ ...GRADER, pass_threshold: NaN })]).toEqual([null, null]);
  expect(requestOf({ ...DRAFT, isGraded: true }, GRADER)).toMatchObject({ keep_if: { grader: rest, at_least: 0.8 } });
  expect(requestOf({ ...DRAFT, isGraded: true }, rest)).toBeNull();
});

test("an error of the server stands at the field that it is about", () => {
  expect(["model", "teacher", "source.file_id", "source.limit", "hyperparameters.n_epochs"].map(fieldOf)).toEqual([
    "student",
    "teacher",
    "file",
    "limit",
    "epochs",
  ]);
  expect([fieldOf("source"), fieldOf("keep_if.grader.input"), fieldOf(null)]).toEqual([undefined, undefined, undefined]);
});

test("the steps say what is done, what is being done, and where it ended", () => {
  const statuses = (made: Partial<Distillation>) =>
    stagesOf({ status: "queued", finished_at: null, job_id: null, eval_id: null, ...made } as Distillation).map(({ status }) => status);
  expect(statuses({})).toEqual(["queued", "queued", "queued"]);
  expect(statuses({ status: "training", job_id: "j" })).toEqual(["completed", "running", "queued"]);
  expect(statuses({ status: "failed", finished_at: 9 })).toEqual(["failed", null, null]);
  expect(statuses({ status: "failed", finished_at: 9, job_id: "j" })).toEqual(["completed", "failed", null]);
  expect(statuses({ status: "cancelled", finished_at: 9, job_id: "j", eval_id: "e" })).toEqual(["completed", "completed", "cancelled"]);
  expect(statuses({ status: "succeeded", finished_at: 9, job_id: "j", eval_id: "e" })).toEqual(["completed", "completed", "completed"]);
});
