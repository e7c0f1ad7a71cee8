/** The metrics of a job as curves: loss or accuracy, smoothed or not, compared with another job. */

import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { LineChart } from "lucide-react";
import { useMemo } from "react";
import { jobsQuery } from "@/api/queries";
import type { HistoryRecord } from "@/api/x";
import { Card } from "@/components/layout/Card";
import { Chart } from "@/components/display/Chart";
import { Select } from "@/components/controls/Field";
import layout from "@/components/layout/layout.module.css";
import { Empty } from "@/components/layout/States";
import { Segments } from "@/components/controls/Tabs";
import { useMessages } from "@/i18n";
import { isLive } from "@/lib/jobs";
import styles from "./Curves.module.css";
import { draw, viewsOf } from "./curves";
import { importedHistoryQuery, importedJobsQuery, importedName } from "./imported";
import { historyQuery } from "./queries";
import type { JobHistory } from "./history";

/** The view state in the address. */
export interface CurveChoice {
  chart?: string | undefined;
  smooth?: number | undefined;
  with?: string | undefined;
  /** Whether values are drawn by their orders of magnitude. */
  log?: true | undefined;
  /** Whose answers are shown: those after which step, and which of them. */
  step?: number | undefined;
  samples?: string | undefined;
}

export function Curves({
  history,
  choice,
  onChoice,
}: {
  history: JobHistory;
  choice: CurveChoice;
  onChoice: (choice: CurveChoice) => void;
}) {
  const words = useMessages().jobs;
  const imported = useQuery(importedJobsQuery).data;
  const record = imported?.find((one) => one.id === choice.with);
  const old = useQuery(importedHistoryQuery(record)).data;
  const isOwn = choice.with !== undefined && imported !== undefined && record === undefined;
  const own = useQuery({ ...historyQuery(choice.with ?? ""), enabled: isOwn }).data;
  const other = record === undefined ? own : old;
  const views = useMemo(() => viewsOf(history), [history]);
  const view = views.find((one) => one.name === choice.chart) ?? views[0];
  const smoothing = choice.smooth ?? 0;
  const named: Record<string, string> = words.chart.metrics;
  const drawing = useMemo(
    () =>
      view &&
      draw(
        history,
        other ? { history: other, name: other.job.fine_tuned_model ?? other.job.id } : null,
        view,
        smoothing,
        (metric) => named[metric] ?? metric,
      ),
    [history, other, view, smoothing, named],
  );
  const marks = useMemo(() => history.checkpoints.map((checkpoint) => checkpoint.step_number), [history.checkpoints]);
  const isLogarithmic = choice.log === true && !view?.isShare;
  const labels: Record<string, string> = words.chart.views;
  if (view === undefined || drawing === undefined) return null;
  return (
    <Card
      title={words.chart.title}
      actions={
        <Segments
          label={words.chart.title}
          options={views.map(({ name }) => ({ name, label: labels[name] ?? name }))}
          current={view.name}
          onChange={(chart) => onChoice({ ...choice, chart: chart === views[0]?.name ? undefined : chart })}
        />
      }
    >
      {history.steps.length === 0 ? (
        <Empty isSmall icon={LineChart} title={isLive(history.job.status) ? words.chart.soon : words.chart.never} />
      ) : (
        <>
          <div className={styles.controls}>
            <label className={styles.smoothing}>
              {words.chart.smoothing}
              <input
                type="range"
                min={0}
                max={0.95}
                step={0.05}
                value={smoothing}
                onChange={(event) => onChoice({ ...choice, smooth: Number(event.target.value) || undefined })}
              />
            </label>
            {!view.isShare && (
              <label className={styles.smoothing}>
                <input
                  type="checkbox"
                  checked={isLogarithmic}
                  onChange={(event) => onChoice({ ...choice, log: event.target.checked || undefined })}
                />
                {words.chart.logarithmic}
              </label>
            )}
            <OtherJob history={history} imported={imported ?? []} value={choice.with} onChange={(id) => onChoice({ ...choice, with: id })} />
          </div>
          <Chart
            label={labels[view.name] ?? view.name}
            steps={drawing.steps}
            curves={drawing.curves}
            marks={marks}
            isShare={view.isShare}
            isLogarithmic={isLogarithmic}
          />
          <p className={layout.faint}>{words.chart.help}</p>
        </>
      )}
    </Card>
  );
}

function OtherJob({
  history,
  imported,
  value,
  onChange,
}: {
  history: JobHistory;
  imported: readonly HistoryRecord[];
  value: string | undefined;
  onChange: (id: string | undefined) => void;
}) {
  const words = useMessages().jobs.chart;
  const jobs = useInfiniteQuery(jobsQuery).data?.pages.flatMap((page) => page.data) ?? [];
  const others = jobs.filter((job) => job.id !== history.job.id);
  if (others.length === 0 && imported.length === 0) return null;
  return (
    <div className={styles.other}>
      <Select label={words.compareWith} value={value ?? ""} onChange={(event) => onChange(event.target.value || undefined)}>
        <option value="">{words.compareWith} …</option>
        {others.map((job) => (
          <option key={job.id} value={job.id}>
            {job.fine_tuned_model ?? job.id}
          </option>
        ))}
        {imported.length > 0 && (
          <optgroup label={words.imported}>
            {imported.map((record) => (
              <option key={record.id} value={record.id}>
                {importedName(record)}
              </option>
            ))}
          </optgroup>
        )}
      </Select>
    </div>
  );
}
