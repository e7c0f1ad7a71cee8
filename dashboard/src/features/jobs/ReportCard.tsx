/** The report card of a job: base and fine-tuned model on the validation file, and their safety check. */

import { useQuery } from "@tanstack/react-query";
import type { FineTuningJob } from "openai/resources/fine-tuning/jobs";
import { isNotFound } from "@/api/client";
import { type JobReport, type PreferenceCard, type SupervisedCard, x } from "@/api/x";
import { Card } from "@/components/layout/Card";
import layout from "@/components/layout/layout.module.css";
import { RateBar } from "@/components/display/RateBar";
import { Loading, Notice } from "@/components/layout/States";
import { Table } from "@/components/display/Table";
import { SAFETY_PLACE } from "@/components/safety/queries";
import { SafetyCheck } from "@/components/safety/SafetyCheck";
import { useLocaleTag, useMessages } from "@/i18n";
import { measured, percent } from "@/lib/format";
import { PreferenceGrades } from "./PreferenceGrades";
import { RemakeReport } from "./RemakeReport";
import styles from "./ReportCard.module.css";
import { Said } from "./Said";
import { TrainedLines } from "./TrainedLines";

const LIVE_MS = 2000;

export function ReportCard({ job }: { job: FineTuningJob }) {
  const { evals, safety } = useMessages();
  const words = evals.card;
  const report = useQuery({
    queryKey: ["jobs", job.id, "report", job.status],
    queryFn: ({ signal }) => findReport(job.id, signal),
    enabled: hasCard(job),
    refetchInterval: (query) => (isMoving(query.state.data) ? LIVE_MS : false),
  });
  const tuned = job.fine_tuned_model;
  if (tuned !== null && job.validation_file === null && isSupervised(job)) {
    return (
      <>
        <TrainedLines job={job} tuned={tuned} />
        <OnlySafety job={job} />
      </>
    );
  }
  if (!hasCard(job) || report.data === null) return <OnlySafety job={job} />;
  return (
    <Card
      title={words.title}
      isFlush={report.data?.card != null}
      actions={
        report.data?.finished_at != null &&
        job.method?.type === "dpo" && <RemakeReport jobId={job.id} grader={report.data.grader} />
      }
    >
      {report.data === undefined && <Loading lines={2} />}
      {report.data?.status === "waiting" && <p className={layout.quiet}>{words.waiting}</p>}
      {report.data?.status === "queued" && <p className={layout.quiet}>{words.queued}</p>}
      {report.data?.error && <Notice kind="error">{report.data.error}</Notice>}
      {report.data?.card && <CardOf card={report.data.card} />}
      {job.fine_tuned_model !== null && (
        <section className={styles.safety} id={SAFETY_PLACE} aria-label={safety.title}>
          <h3>{safety.title}</h3>
          <SafetyCheck model={job.fine_tuned_model} />
        </section>
      )}
    </Card>
  );
}

/** The safety check of a job that has no report card to stand on. */
function OnlySafety({ job }: { job: FineTuningJob }) {
  const words = useMessages().safety;
  if (job.fine_tuned_model === null) return null;
  return (
    <section id={SAFETY_PLACE}>
      <Card title={words.title}>
        <SafetyCheck model={job.fine_tuned_model} />
      </Card>
    </section>
  );
}

function CardOf({ card }: { card: SupervisedCard | PreferenceCard }) {
  return card.method === "dpo" ? <PreferenceGrades card={card} /> : <Grades card={card} />;
}

/** Models that learned from rewards are compared with their base by what was rewarded. */
function hasCard(job: FineTuningJob): boolean {
  return job.method?.type !== "reinforcement" && job.validation_file !== null && job.status === "succeeded";
}

function isSupervised(job: FineTuningJob): boolean {
  return (job.method?.type ?? "supervised") === "supervised";
}

function isMoving(report: JobReport | null | undefined): boolean {
  return report?.status === "waiting" || report?.status === "queued";
}

/** Jobs of older servers have none. */
async function findReport(id: string, signal: AbortSignal): Promise<JobReport | null> {
  try {
    return await x.jobReport(id, signal);
  } catch (error) {
    if (isNotFound(error)) return null;
    throw error;
  }
}

function Grades({ card }: { card: SupervisedCard }) {
  const words = useMessages().evals.card;
  const tag = useLocaleTag();
  const changes = [
    { name: words.exact, change: card.exact_match },
    { name: words.json, change: card.json_validity },
    { name: words.calls, change: card.tool_call_match },
  ].flatMap(({ name, change }) => (change === null ? [] : [{ name, base: rate(change.base), tuned: rate(change.tuned) }]));
  const rows = [
    { name: words.loss, base: measured(card.loss.base, tag), tuned: measured(card.loss.tuned, tag) },
    {
      name: words.accuracy,
      base: percent(card.token_accuracy.base, tag, 1),
      tuned: percent(card.token_accuracy.tuned, tag, 1),
    },
    ...changes,
  ];
  return (
    <>
      <Table
        label={words.title}
        rows={rows}
        keyOf={(row) => row.name}
        columns={[
          { head: words.measure, cell: (row) => row.name },
          { head: words.base, cell: (row) => row.base },
          { head: words.tuned, cell: (row) => row.tuned },
        ]}
      />
      <div className={styles.samples}>
        <h3>{words.samples}</h3>
        {card.samples.map((sample) => (
          <div key={sample.line} className={styles.sample}>
            <p className={styles.question}>{sample.question}</p>
            <Said who={words.expected} text={sample.expected} />
            <Said who={words.base} text={sample.base} isRight={sample.base.trim() === sample.expected.trim()} />
            <Said who={words.tuned} text={sample.tuned} isRight={sample.tuned.trim() === sample.expected.trim()} />
          </div>
        ))}
      </div>
    </>
  );
}

function rate({ passed, total }: { passed: number; total: number }) {
  return <RateBar passed={passed} total={total} />;
}
