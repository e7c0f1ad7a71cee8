/** Jobs that were imported from an account elsewhere, as curves to lay below those of a job here. */

import { queryOptions } from "@tanstack/react-query";
import { api } from "@/api/client";
import { type HistoryRecord, x } from "@/api/x";
import type { JobHistory } from "./history";

/** What OpenAI calls otherwise than this server does. */
const NAMES: Record<string, string> = {
  train_accuracy: "train_mean_token_accuracy",
  valid_accuracy: "valid_mean_token_accuracy",
};

type Row = Record<string, number | null>;

export const importedJobsQuery = queryOptions({
  queryKey: ["history", "jobs"],
  queryFn: async ({ signal }) => (await x.importedJobs(signal)).data,
  staleTime: 60_000,
});

/** The curves of one of them: its table of results where that was imported, else its events. */
export const importedHistoryQuery = (record: HistoryRecord | undefined) =>
  queryOptions({
    queryKey: ["history", "jobs", record?.id ?? null, "curves"],
    queryFn: async ({ signal }): Promise<JobHistory | null> => {
      if (record === undefined) return null;
      const table = texts(record.object.result_files).flatMap((id) => record.file_ids[id] ?? [])[0];
      const rows =
        table === undefined ? rowsOfEvents(record) : rowsOfTable(await (await api().files.content(table, { signal })).text());
      return curvesOf(record, rows);
    },
    enabled: record !== undefined,
    staleTime: Infinity,
  });

export function importedName(record: HistoryRecord): string {
  const made = record.object.fine_tuned_model;
  return typeof made === "string" ? made : record.id;
}

/** The rows of `step_metrics.csv`; a field without a number is a value that was not measured. */
export function rowsOfTable(csv: string): Row[] {
  const [head, ...lines] = csv.trim().split(/\r?\n/).map((line) => line.split(","));
  return lines.map((fields) => Object.fromEntries((head ?? []).map((name, at) => [name, numberOf(fields[at])])));
}

/** The steps that a job's events report, oldest first. */
export function rowsOfEvents(record: HistoryRecord): Row[] {
  const events: unknown = record.parts.events;
  const found = Array.isArray(events) ? (events as { data?: unknown }[]) : [];
  return found
    .flatMap(({ data }) => (typeof data === "object" && data !== null && "step" in data ? [data as Record<string, unknown>] : []))
    .map((data) => Object.fromEntries(Object.entries(data).map(([name, value]) => [name, numberOf(value)])))
    .toSorted((one, other) => (one.step ?? 0) - (other.step ?? 0));
}

export function curvesOf(record: HistoryRecord, rows: readonly Row[]): JobHistory {
  const measured = rows.filter((row) => typeof row.step === "number");
  const names = [...new Set(measured.flatMap(Object.keys))].filter((name) => name !== "step");
  return {
    job: { ...record.object, id: record.id, fine_tuned_model: importedName(record) } as unknown as JobHistory["job"],
    queuePlace: null,
    cursor: 0,
    steps: measured.map((row) => row.step ?? 0),
    recordedAt: [],
    totalSteps: null,
    series: Object.fromEntries(names.map((name) => [NAMES[name] ?? name, measured.map((row) => row[name] ?? null)])),
    events: [],
    checkpoints: [],
  };
}

function numberOf(value: unknown): number | null {
  const read = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  return typeof read === "number" && Number.isFinite(read) ? read : null;
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((one): one is string => typeof one === "string") : [];
}
