/** Everything known about one job, grown by what each answer brings. */

import type { FineTuningJob } from "openai/resources/fine-tuning/jobs";
import type { JobProgress } from "@/api/x";

export interface JobStory {
  job: FineTuningJob;
  cursor: number;
  steps: number[];
  totalSteps: number | null;
  /** Name of a metric → its value at each step. */
  series: Record<string, (number | null)[]>;
  events: JobProgress["events"];
  checkpoints: JobProgress["checkpoints"];
}

export function tell(before: JobStory | undefined, news: JobProgress): JobStory {
  const steps = [...(before?.steps ?? []), ...news.steps.step];
  const names = new Set([...Object.keys(before?.series ?? {}), ...Object.keys(news.steps.series)]);
  const known = before?.steps.length ?? 0;
  const series = Object.fromEntries(
    [...names].map((name) => [
      name,
      [
        ...(before?.series[name] ?? nothing(known)),
        ...(news.steps.series[name] ?? nothing(news.steps.step.length)),
      ],
    ]),
  );
  return {
    job: news.job,
    cursor: news.cursor,
    ...inOrder(steps, series),
    totalSteps: news.steps.total_steps ?? before?.totalSteps ?? null,
    events: [...(before?.events ?? []), ...news.events],
    checkpoints: news.checkpoints,
  };
}

function nothing(length: number): null[] {
  return Array.from({ length }, () => null);
}

/** Curves go from left to right, also when an attempt told its steps late. */
function inOrder(steps: number[], series: JobStory["series"]): Pick<JobStory, "steps" | "series"> {
  if (steps.every((step, at) => at === 0 || step > (steps[at - 1] ?? 0))) return { steps, series };
  const order = steps.map((_, at) => at).sort((one, other) => (steps[one] ?? 0) - (steps[other] ?? 0));
  const sorted = (values: (number | null)[]) => order.map((at) => values[at] ?? null);
  return {
    steps: order.map((at) => steps[at] ?? 0),
    series: Object.fromEntries(Object.entries(series).map(([name, values]) => [name, sorted(values)])),
  };
}

/** The last value that was measured of a metric. */
export function latest(story: JobStory, name: string): number | null {
  return story.series[name]?.findLast((value) => value !== null) ?? null;
}
