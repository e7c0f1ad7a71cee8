/** The form of a new job becomes a request, and an earlier job becomes a form. */

import { APIError } from "openai";
import type { FineTuningJob } from "openai/resources/fine-tuning/jobs";
import { expect, test } from "vitest";
import { errorOfField } from "@/features/newJob/fieldErrors";
import { type Draft, draftOf, EMPTY, requestOf, splitTurnsOf } from "@/features/newJob/draft";

const DRAFT: Draft = { ...EMPTY, model: "understudy-mini", training: "file-1" };

test("a form that says nothing of rewritten conversations leaves them to the model's setting", () => {
  expect(requestOf(DRAFT)?.method).toEqual({ type: "supervised", supervised: { hyperparameters: {} } });
});

test.each([
  ["split", true],
  ["whole", false],
] as const)("%s asks for split_turns = %s", (splitTurns, asked) => {
  const method = { type: "supervised", supervised: { hyperparameters: {}, split_turns: asked } };
  expect(requestOf({ ...DRAFT, splitTurns })?.method).toEqual(method);
});

test("preference pairs are not split, whatever was chosen before the method", () => {
  const draft: Draft = { ...DRAFT, splitTurns: "split", method: "dpo" };
  expect(splitTurnsOf(draft)).toBeUndefined();
  expect(requestOf(draft)?.method).toEqual({ type: "dpo", dpo: { hyperparameters: {} } });
});

test("a job that was split by answer is split again when it is duplicated", () => {
  const job = { model: "m", training_file: "file-1", validation_file: null, seed: 1, hyperparameters: {} };
  const split = { ...job, method: { type: "supervised", supervised: { hyperparameters: {}, split_turns: true } } };
  expect(draftOf(split as unknown as FineTuningJob).splitTurns).toBe("split");
  expect(draftOf(job as unknown as FineTuningJob).splitTurns).toBe("auto");
});

test("an error about the setting stands beside it", () => {
  const body = { message: "must be true or false", param: "method.supervised.split_turns" };
  const refused = new APIError(400, body, undefined, new Headers());
  expect(errorOfField(refused, "split_turns")).toBe("must be true or false");
  expect(errorOfField(refused, "training_file")).toBeNull();
});
