/** A job's history grows by what is new, and its curves stay in order. */

import { expect, test } from "vitest";
import type { JobProgress } from "@/api/x";
import { draw, union, viewsOf } from "@/features/jobs/series/curves";
import { differences } from "@/features/jobs/series/differences";
import { best, elapsed, latest, extend } from "@/features/jobs/series/history";

function update(step: number[], series: Record<string, (number | null)[]>, recorded_at = step, cursor = 1): JobProgress {
  const job = { id: "ftjob-1", status: "running" } as unknown as JobProgress["job"];
  const steps = { step, series, recorded_at, total_steps: step.length > 0 ? 9 : null };
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
  const look = { view, smoothing: 0, axis: "steps" as const, nameOf: (metric: string) => metric };
  const drawing = draw(one, [{ history: other, name: "other" }], look);
  expect(drawing.steps).toEqual([1, 2, 3]);
  expect(drawing.curves.map((curve) => curve.values)).toEqual([
    [1, null, 3],
    [null, 20, 30],
  ]);
  expect(drawing.curves.map((curve) => [curve.name, curve.color])).toEqual([
    ["train_loss", "--series-1"],
    ["train_loss · other", "--series-2"],
  ]);
  expect(union([5, 1], [3])).toEqual([1, 3, 5]);
});

test("over time each job begins at zero, and one whose times nobody knows is left out", () => {
  const one = extend(undefined, update([1, 2], { train_loss: [4, 3] }, [100, 110]));
  const other = extend(undefined, update([1, 2], { train_loss: [40, 30] }, [500, 505]));
  const old = { ...other, recordedAt: [] };
  const view = { name: "loss", isShare: false, metrics: ["train_loss"] };
  const look = { view, smoothing: 0, axis: "seconds" as const, nameOf: (metric: string) => metric };
  const drawing = draw(one, [{ history: old, name: "old" }, { history: other, name: "other" }], look);
  expect(drawing.steps).toEqual([0, 5, 10]);
  expect(drawing.curves.map((curve) => [curve.values, curve.color])).toEqual([
    [[4, null, 3], "--series-1"],
    // The colour that its name has in the list, whoever is left out.
    [[40, 30, null], "--series-3"],
  ]);
});

test("steps of one second are spread over it", () => {
  expect(elapsed([7, 7, 8, 9, 9])).toEqual([0, 0.5, 1, 2, 2.5]);
  expect(elapsed([])).toEqual([]);
});

test("tokens per second count what was read since the second before, over several updates too", () => {
  const first = extend(undefined, update([1, 2], { "run.tokens": [50, 60] }, [10, 10]));
  expect(first.series.tokens_per_second).toEqual([null, null]);
  const both = extend(first, update([3, 4], { "run.tokens": [40, 30] }, [12, 13]));
  expect(both.series.tokens_per_second).toEqual([null, null, 50, 30]);
});

test("only what differs between jobs is listed, each job with its value", () => {
  const history = extend(undefined, update([1], { train_loss: [2] }));
  const job = (batch_size: number, id: string) =>
    ({ ...history.job, id, model: "mini", method: { type: "supervised", supervised: { hyperparameters: { batch_size, n_epochs: 3 } } } });
  const one = { ...history, job: job(2, "a") } as typeof history;
  const other = { ...history, job: job(8, "b"), series: { train_loss: [1] } } as typeof history;
  const named = [one, other].map((each) => ({ history: each, name: each.job.id }));
  expect(differences(named)).toEqual([
    { name: "batch_size", values: [2, 8] },
    { name: "train_loss", values: [2, 1] },
  ]);
  expect(differences(named.slice(0, 1))).toEqual([]);
});
