/** The metrics of a job as curves: smoothed or not, over steps or time, with other jobs over them. */

import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { LineChart, X } from "lucide-react";
import { useMemo } from "react";
import { jobsQuery } from "@/api/queries";
import type { HistoryRecord } from "@/api/x";
import { Card } from "@/components/layout/Card";
import { Chart } from "@/components/display/Chart";
import { Button } from "@/components/controls/Button";
import { Select } from "@/components/controls/Field";
import layout from "@/components/layout/layout.module.css";
import { Empty } from "@/components/layout/States";
import { Segments } from "@/components/controls/Tabs";
import { useMessages } from "@/i18n";
import { isLive } from "@/lib/jobs";
import styles from "./Curves.module.css";
import { type Axis, colorOf, draw, hasTimes, type NamedHistory, placesOf, viewsOf } from "./series/curves";
import { Differences } from "./series/Differences";
import dots from "./series/Differences.module.css";
import type { JobHistory } from "./series/history";
import { importedJobsQuery, importedName } from "./series/imported";
import { named, useOthers } from "./series/useOthers";

/** The view state in the address. */
export interface CurveChoice {
  chart?: string | undefined;
  smooth?: number | undefined;
  /** The ids of other jobs, with commas between them. */
  with?: string | undefined;
  axis?: "seconds" | undefined;
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
  const imported = useQuery(importedJobsQuery).data ?? [];
  const ids = useMemo(() => [...new Set(choice.with?.split(",").filter((id) => id !== "" && id !== history.job.id))], [choice.with, history.job.id]);
  const others = useOthers(ids);
  const views = useMemo(() => viewsOf(history), [history]);
  const view = views.find((one) => one.name === choice.chart) ?? views[0];
  const smoothing = choice.smooth ?? 0;
  const axis: Axis = choice.axis === "seconds" && hasTimes(history) ? "seconds" : "steps";
  const metricNames: Record<string, string> = words.chart.metrics;
  const drawing = useMemo(
    () => view && draw(history, others, { view, smoothing, axis, nameOf: (metric) => metricNames[metric] ?? metric }),
    [history, others, view, smoothing, axis, metricNames],
  );
  const marks = useMemo(() => {
    const places = placesOf(history, axis);
    return history.checkpoints.flatMap(({ step_number }) => places[history.steps.indexOf(step_number)] ?? []);
  }, [history, axis]);
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
            {hasTimes(history) && (
              <Segments
                label={words.chart.axis}
                options={(["steps", "seconds"] as const).map((name) => ({ name, label: words.chart[name] }))}
                current={axis}
                onChange={(next) => onChoice({ ...choice, axis: next === "seconds" ? next : undefined })}
              />
            )}
            <OtherJob history={history} imported={imported} chosen={ids} onAdd={(id) => onChoice({ ...choice, with: [...ids, id].join(",") })} />
          </div>
          <ShownJobs
            history={history}
            others={others}
            onRemove={(id) => onChoice({ ...choice, with: ids.filter((one) => one !== id).join(",") || undefined })}
          />
          <Chart
            label={labels[view.name] ?? view.name}
            steps={drawing.steps}
            axis={axis}
            curves={drawing.curves}
            marks={marks}
            isShare={view.isShare}
            isLogarithmic={isLogarithmic}
          />
          <p className={layout.faint}>{words.chart.help}</p>
          {others.length > 0 && <Differences jobs={[named(history), ...others]} />}
        </>
      )}
    </Card>
  );
}

function OtherJob({
  history,
  imported,
  chosen,
  onAdd,
}: {
  history: JobHistory;
  imported: readonly HistoryRecord[];
  chosen: readonly string[];
  onAdd: (id: string) => void;
}) {
  const words = useMessages().jobs.chart;
  const jobs = useInfiniteQuery(jobsQuery).data?.pages.flatMap((page) => page.data) ?? [];
  const others = jobs.filter((job) => job.id !== history.job.id && !chosen.includes(job.id));
  const old = imported.filter((record) => !chosen.includes(record.id));
  if (others.length === 0 && old.length === 0) return null;
  return (
    <div className={styles.other}>
      <Select label={words.compareWith} value="" onChange={(event) => onAdd(event.target.value)}>
        <option value="">{words.compareWith} …</option>
        {others.map((job) => (
          <option key={job.id} value={job.id}>
            {job.fine_tuned_model ?? job.id}
          </option>
        ))}
        {old.length > 0 && (
          <optgroup label={words.imported}>
            {old.map((record) => (
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

/** Which jobs are drawn, each with its colour, and a way to leave it out again. */
function ShownJobs({
  history,
  others,
  onRemove,
}: {
  history: JobHistory;
  others: readonly NamedHistory[];
  onRemove: (id: string) => void;
}) {
  const words = useMessages().jobs.chart;
  if (others.length === 0) return null;
  return (
    <div className={styles.jobs}>
      {[named(history), ...others].map(({ history: { job }, name }, at) => (
        <Button
          key={job.id}
          size="small"
          kind="quiet"
          disabled={at === 0}
          {...(at > 0 && { "aria-label": words.removeJob(name), onClick: () => onRemove(job.id) })}
        >
          <span className={dots.dot} style={{ background: `var(${colorOf(at)})` }} />
          {at === 0 ? words.thisJob : name}
          {at > 0 && <X />}
        </Button>
      ))}
    </div>
  );
}
