/** A job's story grows by what is new, and its curves stay in order. */

import { expect, test } from "vitest";
import type { JobProgress } from "@/api/x";
import { draw, union, viewsOf } from "@/features/jobs/curves";
import { latest, tell } from "@/features/jobs/story";

function news(step: number[], series: Record<string, (number | null)[]>, cursor = 1): JobProgress {
  const job = { id: "ftjob-1", status: "running" } as unknown as JobProgress["job"];
  const steps = { step, series, total_steps: step.length > 0 ? 9 : null };
  return { object: "x.fine_tuning.job.progress", job, cursor, has_more: false, steps, events: [], checkpoints: [] };
}

test("steps are appended, and a metric that came later has gaps before", () => {
  const story = tell(tell(undefined, news([1, 2], { train_loss: [3, 2] })), news([3], { train_loss: [1], valid_loss: [5] }));
  expect(story.steps).toEqual([1, 2, 3]);
  expect(story.series).toEqual({ train_loss: [3, 2, 1], valid_loss: [null, null, 5] });
  expect(story.totalSteps).toBe(9);
});

test("an answer without steps keeps what is known", () => {
  const story = tell(tell(undefined, news([1], { train_loss: [3] })), news([], {}));
  expect([story.steps, story.series.train_loss, story.totalSteps]).toEqual([[1], [3], 9]);
});

test("steps that are told late are put where they belong", () => {
  const story = tell(tell(undefined, news([1, 4], { train_loss: [9, 6] })), news([2, 3], { train_loss: [8, 7] }));
  expect(story.steps).toEqual([1, 2, 3, 4]);
  expect(story.series.train_loss).toEqual([9, 8, 7, 6]);
});

test("the latest value skips steps at which it was not measured", () => {
  const story = tell(undefined, news([1, 2, 3], { valid_loss: [4, 3, null] }));
  expect([latest(story, "valid_loss"), latest(story, "nothing")]).toEqual([3, null]);
});

test("metrics that are neither loss nor accuracy get a view of their own", () => {
  const story = tell(undefined, news([1], { train_loss: [1], train_mean_reward: [0.5] }));
  expect(viewsOf(story).map((view) => view.name)).toEqual(["loss", "accuracy", "train_mean_reward"]);
});

test("two jobs lie over each other at the steps of both", () => {
  const one = tell(undefined, news([1, 3], { train_loss: [1, 3] }));
  const other = tell(undefined, news([2, 3], { train_loss: [20, 30] }));
  const view = { name: "loss", isShare: false, metrics: ["train_loss"] };
  const drawing = draw(one, { story: other, name: "other" }, view, 0, (metric) => metric);
  expect(drawing.steps).toEqual([1, 2, 3]);
  expect(drawing.curves.map((curve) => curve.values)).toEqual([
    [1, null, 3],
    [null, 20, 30],
  ]);
  expect(drawing.curves.map((curve) => curve.isDashed)).toEqual([undefined, true]);
  expect(union([5, 1], [3])).toEqual([1, 3, 5]);
});
