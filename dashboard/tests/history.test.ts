/** A job's history grows by what is new, and its curves stay in order. */

import { expect, test } from "vitest";
import type { JobProgress } from "@/api/x";
import { draw, union, viewsOf } from "@/features/jobs/curves";
import { best, latest, extend } from "@/features/jobs/history";

function update(step: number[], series: Record<string, (number | null)[]>, cursor = 1): JobProgress {
  const job = { id: "ftjob-1", status: "running" } as unknown as JobProgress["job"];
  const steps = { step, series, total_steps: step.length > 0 ? 9 : null };
  return { object: "x.fine_tuning.job.progress", queue_place: null, job, cursor, has_more: false, steps, events: [], checkpoints: [] };
}

test("steps are appended, and a metric that came later has gaps before", () => {
  const history = extend(extend(undefined, update([1, 2], { train_loss: [3, 2] })), update([3], { train_loss: [1], valid_loss: [5] }));
  expect(history.steps).toEqual([1, 2, 3]);
  expect(history.series).toEqual({ train_loss: [3, 2, 1], valid_loss: [null, null, 5] });
  expect(history.totalSteps).toBe(9);
});

test("an update without steps keeps what is known", () => {
  const history = extend(extend(undefined, update([1], { train_loss: [3] })), update([], {}));
  expect([history.steps, history.series.train_loss, history.totalSteps]).toEqual([[1], [3], 9]);
});

test("steps that arrive late are put where they belong", () => {
  const history = extend(extend(undefined, update([1, 4], { train_loss: [9, 6] })), update([2, 3], { train_loss: [8, 7] }));
  expect(history.steps).toEqual([1, 2, 3, 4]);
  expect(history.series.train_loss).toEqual([9, 8, 7, 6]);
});

test("the latest value skips steps at which it was not measured", () => {
  const history = extend(undefined, update([1, 2, 3], { valid_loss: [4, 3, null] }));
  expect([latest(history, "valid_loss"), latest(history, "nothing")]).toEqual([3, null]);
});

test("metrics that are not known here get a view of their own", () => {
  const history = extend(undefined, update([1], { train_loss: [1], surprise: [0.5] }));
  expect(viewsOf(history).map((view) => view.name)).toEqual(["loss", "surprise"]);
});

test("of rewards, those of held-out prompts come first, and the loss, which is 0 by design, is not drawn", () => {
  const series = {
    train_loss: [0, 0],
    train_mean_reward: [0.5, 0.25],
    full_valid_mean_reward: [null, 0.75],
    "timing.sampling": [1, 1],
    trained_tokens: [80, 80],
  };
  const history = extend(undefined, update([1, 2], series));
  const views = viewsOf(history);
  expect(views.map((view) => view.name)).toEqual(["reward", "stepTimes"]);
  expect(views[0]?.metrics[0]).toBe("full_valid_mean_reward");
  expect([best(history, "full_valid_mean_reward"), best(history, "train_mean_reward"), best(history, "nothing")]).toEqual([
    { value: 0.75, step: 2 },
    { value: 0.5, step: 1 },
    null,
  ]);
});

test("what jobs over pairs measure is drawn together, on what is trained and on what is held out", () => {
  const names = ["reward_accuracy", "reward_margin", "chosen_reward", "rejected_reward", "chosen_logps", "rejected_logps"];
  const series = Object.fromEntries(["train", "valid", "full_valid"].flatMap((where) => names.map((name) => [`${where}_${name}`, [1]])));
  const history = extend(undefined, update([1], { train_loss: [1], ...series }));
  expect(viewsOf(history).map((view) => view.name)).toEqual(["loss", "rewardAccuracy", "rewardMargin", "rewards", "logProbabilities"]);
});

test("two jobs lie over each other at the steps of both", () => {
  const one = extend(undefined, update([1, 3], { train_loss: [1, 3] }));
  const other = extend(undefined, update([2, 3], { train_loss: [20, 30] }));
  const view = { name: "loss", isShare: false, metrics: ["train_loss"] };
  const drawing = draw(one, { history: other, name: "other" }, view, 0, (metric) => metric);
  expect(drawing.steps).toEqual([1, 2, 3]);
  expect(drawing.curves.map((curve) => curve.values)).toEqual([
    [1, null, 3],
    [null, 20, 30],
  ]);
  expect(drawing.curves.map((curve) => curve.isDashed)).toEqual([undefined, true]);
  expect(union([5, 1], [3])).toEqual([1, 3, 5]);
});
