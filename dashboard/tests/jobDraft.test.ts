/** The form of a job and the request that it makes. */

import { APIError } from "openai";
import type { FineTuningJob } from "openai/resources/fine-tuning/jobs";
import { expect, test } from "vitest";
import { GRADERS } from "@/features/newJob/graderExamples";
import { type Draft, draftOf, EMPTY, requestOf, withMethod } from "@/features/newJob/draft";
import { errorOfField } from "@/features/newJob/fieldErrors";

const DRAFT: Draft = {
  ...EMPTY,
  model: "understudy-mini",
  method: "reinforcement",
  training: "file-1",
  holdOut: "file",
  validation: "file-2",
  grader: JSON.stringify(GRADERS.python),
};

test("a reinforcement job is asked for with its grader, and what is left open is not sent", () => {
  expect(requestOf(DRAFT)).toEqual({
    model: "understudy-mini",
    training_file: "file-1",
    validation_file: "file-2",
    method: { type: "reinforcement", reinforcement: { grader: GRADERS.python, hyperparameters: {} } },
  });
});

test("a job that is duplicated fills in the form as it was", () => {
  const draft: Draft = {
    ...DRAFT,
    epochs: "2",
    computeMultiplier: "0.5",
    evalInterval: "4",
    evalSamples: "3",
    maxTokens: "64",
    effort: "high",
    hasPreflight: false,
    shadowGrader: JSON.stringify(GRADERS.string_check),
    responseFormat: '{"type":"json_object"}',
    seed: "7",
  };
  const request = requestOf(draft);
  expect(request?.method?.reinforcement).toEqual({
    grader: GRADERS.python,
    shadow_grader: GRADERS.string_check,
    response_format: { type: "json_object" },
    preflight: false,
    hyperparameters: {
      n_epochs: 2,
      compute_multiplier: 0.5,
      eval_interval: 4,
      eval_samples: 3,
      max_completion_tokens: 64,
      reasoning_effort: "high",
    },
  });
  const job = { ...request, seed: 7, metadata: null, hyperparameters: { n_epochs: 2 } } as unknown as FineTuningJob;
  expect(requestOf(draftOf(job))).toEqual(request);
});

test("what is no JSON is not sent", () => {
  expect(requestOf({ ...DRAFT, grader: "{" })).toBeNull();
  expect(requestOf({ ...DRAFT, shadowGrader: "[1]" })).toBeNull();
});

test("rewards need held-out prompts", () => {
  expect(withMethod({ ...EMPTY }, "reinforcement")).toEqual({ method: "reinforcement", holdOut: "split" });
  expect(withMethod({ ...EMPTY }, "dpo")).toEqual({ method: "dpo", holdOut: "none" });
});

test("a fault in a grader is shown at the grader, whatever the field is called there", () => {
  const fault = (param: string) => new APIError(400, { message: "wrong", param }, "wrong", new Headers());
  expect(errorOfField(fault("method.reinforcement.grader.model"), "grader")).not.toBeNull();
  expect(errorOfField(fault("method.reinforcement.grader.model"), "model")).toBeNull();
  expect(errorOfField(fault("method.reinforcement.shadow_grader.type"), "shadow_grader")).not.toBeNull();
  expect(errorOfField(fault("model"), "model")).not.toBeNull();
});
