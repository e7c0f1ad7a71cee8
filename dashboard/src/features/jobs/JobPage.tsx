/** One job, live: progress, curves, checkpoints, report card and events. */

import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import type { FineTuningJob } from "openai/resources/fine-tuning/jobs";
import { LinkButton } from "@/components/controls/Button";
import { Card, Stats } from "@/components/layout/Card";
import { CodeInLanguages, CopyLink, Id } from "@/components/display/Code";
import layout from "@/components/layout/layout.module.css";
import { Page } from "@/components/layout/Page";
import { Progress } from "@/components/display/Progress";
import { Failed, Loading, Notice } from "@/components/layout/States";
import { Status } from "@/components/display/Status";
import { useNow } from "@/components/display/Time";
import { useLocaleTag, useMessages } from "@/i18n";
import { useWorded } from "@/i18n/sentences";
import { count, duration, measured, percent } from "@/lib/format";
import { isLive } from "@/lib/jobs";
import { jobCode } from "@/lib/snippets";
import { wordingIn } from "@/i18n/worded";
import { HeldMark } from "@/components/safety/HeldMark";
import { Actions } from "./Actions";
import { Checkpoints } from "./Checkpoints";
import { Curves, type CurveChoice } from "./Curves";
import { Details } from "./Details";
import { GraderCard } from "./GraderCard";
import { Events } from "./Events";
import { historyQuery } from "./series/queries";
import { ReportCard } from "./ReportCard";
import { isRewarded } from "./series/curves";
import { type JobHistory, best, latest } from "./series/history";
import { Samples } from "./Samples";
import { Screening } from "./Screening";

export function JobPage({
  id,
  choice,
  onChoice,
}: {
  id: string;
  choice: CurveChoice;
  onChoice: (choice: CurveChoice) => void;
}) {
  const { jobs: words, common } = useMessages();
  const history = useQuery(historyQuery(id));
  const crumb = { label: common.nav.fineTuning, to: { to: "/fine-tuning" as const } };
  if (history.data === undefined) {
    return (
      <Page title={id} crumb={crumb}>
        <Card>{history.isError ? <Failed error={history.error} onRetry={() => void history.refetch()} /> : <Loading />}</Card>
      </Page>
    );
  }
  const { job } = history.data;
  return (
    <Page
      title={nameOf(job)}
      heading={
        <span className={layout.row}>
          {nameOf(job)} <Status status={isInQueue(history.data) ? "queued" : job.status} />
          {job.fine_tuned_model !== null && <HeldMark model={job.fine_tuned_model} />}
        </span>
      }
      about={job.fine_tuned_model ? <Id text={job.fine_tuned_model} /> : <Id text={job.id} />}
      crumb={crumb}
      actions={
        <>
          <CopyLink />
          <Actions job={job} />
        </>
      }
    >
      <div className={layout.stack}>
        {job.error?.message && <Failure job={job} message={job.error.message} />}
        <Summary history={history.data} />
        <div className={layout.main}>
          <div className={layout.stack}>
            <Curves history={history.data} choice={choice} onChoice={onChoice} />
            {isRewarded(history.data) && <Samples history={history.data} choice={choice} onChoice={onChoice} />}
            <Checkpoints history={history.data} />
            <ReportCard job={job} />
            <Screening job={job} />
            <Events history={history.data} />
          </div>
          <div className={layout.stack}>
            <Details job={job} />
            <GraderCard job={job} />
            <Card title={words.code}>
              <CodeInLanguages label={words.code} code={jobCode(job, window.location.origin)} />
            </Card>
          </div>
        </div>
      </div>
    </Page>
  );
}

/** Why a job failed, and what can be done about it. */
function Failure({ job, message }: { job: FineTuningJob; message: string }) {
  const words = useMessages().jobs;
  const say = useWorded();
  const file = job.error?.param === "validation_file" ? job.validation_file : job.training_file;
  const isOfFile = job.error?.param === "training_file" || job.error?.param === "validation_file";
  return (
    <Notice kind="error">
      <div className={layout.tight}>
        <span>{say(message, wordingIn(job.error))}</span>
        <div className={layout.row}>
          {isOfFile && file !== null && (
            <LinkButton
              size="small"
              to="/files/$fileId"
              params={{ fileId: file }}
              search={{ tab: "report", model: job.model, method: job.method?.type ?? "supervised" }}
            >
              {words.seeReport}
            </LinkButton>
          )}
          <LinkButton size="small" to="/fine-tuning/new" search={{ from: job.id }}>
            {words.runAgain}
          </LinkButton>
        </div>
      </div>
    </Notice>
  );
}

/** It waits for older jobs, whatever is checked meanwhile. */
function isInQueue({ job, queuePlace }: JobHistory): boolean {
  return isLive(job.status) && queuePlace !== null && queuePlace > 1;
}

function nameOf(job: FineTuningJob): string {
  return (job as { user_provided_suffix?: string | null }).user_provided_suffix ?? job.id;
}

function Summary({ history }: { history: JobHistory }) {
  const { jobs: words } = useMessages();
  const tag = useLocaleTag();
  const { job, totalSteps } = history;
  const step = history.steps.at(-1) ?? 0;
  const measures = useMeasures(history);
  const before = (history.queuePlace ?? 1) - 1;
  return (
    <div className={layout.tight}>
      <Stats
        stats={[
          {
            label: words.steps,
            value: count(step, tag),
            note: totalSteps !== null && words.of(count(totalSteps, tag)),
          },
          ...measures,
          ...(isLive(job.status) ? [{ label: words.timeLeft, value: <TimeLeft job={job} /> }] : []),
          ...(job.trained_tokens === null ? [] : [{ label: words.trainedTokens, value: count(job.trained_tokens, tag) }]),
        ]}
      />
      {isLive(job.status) && totalSteps !== null && <Progress label={words.progress} value={step} max={totalSteps} />}
      {isLive(job.status) && totalSteps === null && (
        <p className={layout.quiet}>{before > 0 ? words.queued(count(before, tag)) : words.waiting}</p>
      )}
    </div>
  );
}

/** What the job is about: rewards, or losses. */
function useMeasures(history: JobHistory): { label: string; value: ReactNode; note?: ReactNode }[] {
  const { jobs: words } = useMessages();
  const tag = useLocaleTag();
  const number = (value: number | null) => (value === null ? "–" : measured(value, tag));
  if (isRewarded(history)) {
    const top = best(history, "full_valid_mean_reward");
    return [
      {
        label: words.chart.valid_reward,
        value: number(latest(history, "full_valid_mean_reward")),
        note: top !== null && words.chart.best(number(top.value), count(top.step, tag)),
      },
      { label: words.chart.train_reward, value: number(latest(history, "train_mean_reward")) },
    ];
  }
  const validLoss = latest(history, "full_valid_loss") ?? latest(history, "valid_loss");
  const accuracy = latest(history, "train_mean_token_accuracy");
  const rewardAccuracy = latest(history, "full_valid_reward_accuracy") ?? latest(history, "train_reward_accuracy");
  return [
    { label: words.chart.train_loss, value: number(latest(history, "train_loss")) },
    ...(validLoss === null ? [] : [{ label: words.chart.valid_loss, value: number(validLoss) }]),
    rewardAccuracy === null
      ? { label: words.tokenAccuracy, value: accuracy === null ? "–" : percent(accuracy, tag, 1) }
      : { label: words.chart.views.rewardAccuracy, value: percent(rewardAccuracy, tag, 1) },
  ];
}

function TimeLeft({ job }: { job: FineTuningJob }) {
  const now = useNow(1000);
  const tag = useLocaleTag();
  if (job.estimated_finish == null || !isLive(job.status)) return "–";
  return duration(Math.max(0, job.estimated_finish - now), tag);
}

