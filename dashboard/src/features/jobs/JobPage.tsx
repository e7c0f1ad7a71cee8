/** One job, live: how far it is, its curves, what it said, what it made. */

import { useQuery } from "@tanstack/react-query";
import type { FineTuningJob } from "openai/resources/fine-tuning/jobs";
import { Card, Stats } from "@/components/layout/Card";
import { CodeInLanguages, Id } from "@/components/display/Code";
import layout from "@/components/layout/layout.module.css";
import { Page } from "@/components/layout/Page";
import { Progress } from "@/components/display/Progress";
import { Failed, Loading, Notice } from "@/components/layout/States";
import { Status } from "@/components/display/Status";
import { useNow } from "@/components/display/Time";
import { useLocaleTag, useMessages } from "@/i18n";
import { count, decimal, duration, percent } from "@/lib/format";
import { isLive } from "@/lib/jobs";
import { jobCode } from "@/lib/snippets";
import { Actions } from "./Actions";
import { Checkpoints } from "./Checkpoints";
import { Curves, type CurveChoice } from "./Curves";
import { Details } from "./Details";
import { Events } from "./Events";
import { storyQuery } from "./queries";
import { ReportCard } from "./ReportCard";
import { type JobStory, latest } from "./story";

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
  const story = useQuery(storyQuery(id));
  const crumb = { label: common.nav.fineTuning, to: { to: "/fine-tuning" as const } };
  if (story.data === undefined) {
    return (
      <Page title={id} crumb={crumb}>
        <Card>{story.isError ? <Failed error={story.error} onRetry={() => void story.refetch()} /> : <Loading />}</Card>
      </Page>
    );
  }
  const { job } = story.data;
  return (
    <Page
      title={nameOf(job)}
      heading={
        <span className={layout.row}>
          {nameOf(job)} <Status status={job.status} />
        </span>
      }
      about={job.fine_tuned_model ? <Id text={job.fine_tuned_model} /> : <Id text={job.id} />}
      crumb={crumb}
      actions={<Actions job={job} />}
    >
      <div className={layout.stack}>
        {job.error?.message && <Notice kind="error">{job.error.message}</Notice>}
        <Summary story={story.data} />
        <div className={layout.main}>
          <div className={layout.stack}>
            <Curves story={story.data} choice={choice} onChoice={onChoice} />
            <Checkpoints story={story.data} />
            <ReportCard job={job} />
            <Events story={story.data} />
          </div>
          <div className={layout.stack}>
            <Details job={job} />
            <Card title={words.code}>
              <CodeInLanguages label={words.code} code={jobCode(job, window.location.origin)} />
            </Card>
          </div>
        </div>
      </div>
    </Page>
  );
}

function nameOf(job: FineTuningJob): string {
  return (job as { user_provided_suffix?: string | null }).user_provided_suffix ?? job.id;
}

function Summary({ story }: { story: JobStory }) {
  const { jobs: words } = useMessages();
  const tag = useLocaleTag();
  const { job, totalSteps } = story;
  const step = story.steps.at(-1) ?? 0;
  const loss = latest(story, "train_loss");
  const validLoss = latest(story, "full_valid_loss") ?? latest(story, "valid_loss");
  const accuracy = latest(story, "train_mean_token_accuracy");
  return (
    <div className={layout.tight}>
      <Stats
        stats={[
          {
            label: words.steps,
            value: count(step, tag),
            note: totalSteps !== null && words.of(count(totalSteps, tag)),
          },
          { label: words.chart.train_loss, value: loss === null ? "–" : decimal(loss, 3, tag) },
          ...(validLoss === null ? [] : [{ label: words.chart.valid_loss, value: decimal(validLoss, 3, tag) }]),
          { label: words.tokenAccuracy, value: accuracy === null ? "–" : percent(accuracy, tag, 1) },
          job.trained_tokens === null
            ? { label: words.timeLeft, value: <TimeLeft job={job} /> }
            : { label: words.trainedTokens, value: count(job.trained_tokens, tag) },
        ]}
      />
      {isLive(job.status) && totalSteps !== null && <Progress label={words.progress} value={step} max={totalSteps} />}
      {isLive(job.status) && totalSteps === null && <p className={layout.quiet}>{words.waiting}</p>}
    </div>
  );
}

function TimeLeft({ job }: { job: FineTuningJob }) {
  const now = useNow(1000);
  const tag = useLocaleTag();
  if (job.estimated_finish == null || !isLive(job.status)) return "–";
  return duration(Math.max(0, job.estimated_finish - now), tag);
}

