/** The curves of imported jobs: from the table of their results, and from their events. */

import { expect, test } from "vitest";
import type { HistoryRecord } from "@/api/x";
import { curvesOf, rowsOfEvents, rowsOfTable } from "@/features/jobs/series/imported";

const RECORD: HistoryRecord = {
  id: "ftjob-old",
  record: "x.history",
  kind: "jobs",
  source: "https://api.openai.com/v1",
  imported_at: 1,
  object: { fine_tuned_model: "ft:old" },
  parts: {
    events: [
      { type: "metrics", data: { step: 2, train_loss: 0.5 } },
      { type: "message", message: "The job has started.", data: {} },
      { type: "metrics", data: { step: 1, train_loss: 1.5 } },
    ],
  },
  file_ids: {},
};

test("a table of results has the names of this server's metrics, and gaps where nothing was measured", () => {
  const rows = rowsOfTable("step,train_loss,train_accuracy,valid_loss\r\n1,1.5,0.25,\n2,0.5,0.75,0.9\n");
  const { steps, series, job } = curvesOf(RECORD, rows);
  expect(steps).toEqual([1, 2]);
  expect(series).toEqual({
    train_loss: [1.5, 0.5],
    train_mean_token_accuracy: [0.25, 0.75],
    valid_loss: [null, 0.9],
  });
  expect([job.id, job.fine_tuned_model]).toEqual(["ftjob-old", "ft:old"]);
});

test("events give the same where there is no table, in the order of their steps", () => {
  const { steps, series } = curvesOf(RECORD, rowsOfEvents(RECORD));
  expect(steps).toEqual([1, 2]);
  expect(series).toEqual({ train_loss: [1.5, 0.5] });
});

test("what is no table gives no curves", () => {
  expect(curvesOf(RECORD, rowsOfTable("")).steps).toEqual([]);
  expect(curvesOf({ ...RECORD, parts: {} }, rowsOfEvents({ ...RECORD, parts: {} })).steps).toEqual([]);
});
