/** Getting started: the four steps of the guide, with one's own data or with the sample task. */

import { Link } from "@tanstack/react-router";
import { CircleCheck } from "lucide-react";
import type { ReactNode } from "react";
import { Button, LinkButton } from "@/components/controls/Button";
import { Status } from "@/components/display/Status";
import { Card } from "@/components/layout/Card";
import layout from "@/components/layout/layout.module.css";
import { Loaded } from "@/components/layout/Loaded";
import { Page } from "@/components/layout/Page";
import { Notice, Problem } from "@/components/layout/States";
import { useLocaleTag, useMessages } from "@/i18n";
import { count, shortModel } from "@/lib/format";
import styles from "./StartPage.module.css";
import { isUnderWay, type Sample, useSample } from "./useSample";

type Actions = Omit<ReturnType<typeof useSample>, "query">;

interface StepProps {
  sample: Sample;
  actions: Actions;
}

export function StartPage() {
  const { start: words, common } = useMessages();
  const { query, ...actions } = useSample();
  return (
    <Page title={common.nav.start} about={words.about}>
      <Loaded query={query} lines={6}>
        {(sample) => (
          <div className={layout.stack}>
            {sample.base === null ? (
              <Notice kind="warning">{words.noBase}</Notice>
            ) : (
              <Notice kind="info">{words.sample(sample.base)}</Notice>
            )}
            <EvalStep sample={sample} actions={actions} />
            <DataStep sample={sample} actions={actions} />
            <JobStep sample={sample} actions={actions} />
            <CompareStep sample={sample} actions={actions} />
            <Card title={words.leaving}>
              <div className={layout.between}>
                <p className={layout.quiet}>{words.leavingText}</p>
                <LinkButton to="/leaving">{common.nav.leaving}</LinkButton>
              </div>
            </Card>
          </div>
        )}
      </Loaded>
    </Page>
  );
}

function Step({
  title,
  text,
  own,
  isDone,
  children,
}: {
  title: string;
  text: string;
  /** Where the same is done with one's own data. */
  own: ReactNode;
  isDone: boolean;
  children: ReactNode;
}) {
  const words = useMessages().start;
  return (
    <Card
      title={
        <span className={layout.oneLine}>
          {isDone && <CircleCheck size={16} className={styles.done} aria-label={words.done} />} {title}
        </span>
      }
      actions={own}
    >
      <div className={layout.tight}>
        <p className={layout.quiet}>{text}</p>
        <div className={layout.row}>{children}</div>
      </div>
    </Card>
  );
}

function EvalStep({ sample: { owner, baseRun, base }, actions: { ask } }: StepProps) {
  const words = useMessages().start;
  return (
    <Step
      title={words.evalTitle}
      text={words.evalText}
      own={<LinkButton size="small" to="/evals/new">{words.ownEval}</LinkButton>}
      isDone={baseRun?.status === "completed"}
    >
      {owner !== null && (
        <Link to="/evals/$evalId" params={{ evalId: owner.id }}>
          {owner.name}
        </Link>
      )}
      {owner !== null && baseRun !== null && <Outcome owner={owner.id} run={baseRun} />}
      {base !== null && baseRun === null && (
        <Button
          kind="primary"
          disabled={ask.isPending}
          onClick={() => ask.mutate({ owner: owner?.id ?? null, model: base, name: words.evalName })}
        >
          {words.makeEval(base)}
        </Button>
      )}
      {baseRun === null && <Problem error={ask.error} />}
    </Step>
  );
}

function DataStep({ sample: { training, validation, base }, actions: { upload } }: StepProps) {
  const words = useMessages().start;
  const has = training !== null && validation !== null;
  return (
    <Step
      title={words.dataTitle}
      text={words.dataText}
      own={<LinkButton size="small" to="/files">{words.ownData}</LinkButton>}
      isDone={has}
    >
      {[training, validation].map(
        (file) =>
          file !== null && (
            <Link key={file.id} to="/files/$fileId" params={{ fileId: file.id }}>
              {file.filename}
            </Link>
          ),
      )}
      {base !== null && !has && (
        <Button kind="primary" disabled={upload.isPending} onClick={() => upload.mutate()}>
          {words.makeData}
        </Button>
      )}
      <Problem error={upload.error} />
    </Step>
  );
}

function JobStep({ sample: { training, validation, job, base }, actions: { train } }: StepProps) {
  const words = useMessages().start;
  const isOver = job === null || job.status === "failed" || job.status === "cancelled";
  return (
    <Step
      title={words.jobTitle}
      text={words.jobText}
      own={<LinkButton size="small" to="/fine-tuning/new">{words.ownJob}</LinkButton>}
      isDone={job?.status === "succeeded"}
    >
      {job !== null && (
        <>
          <Link to="/fine-tuning/$jobId" params={{ jobId: job.id }}>
            {shortModel(job.fine_tuned_model ?? job.id, 60)}
          </Link>
          <Status status={job.status} />
        </>
      )}
      {base !== null && isOver && (
        <Button
          kind="primary"
          disabled={train.isPending || training === null || validation === null}
          onClick={() => {
            if (training !== null && validation !== null) train.mutate({ base, training: training.id, validation: validation.id });
          }}
        >
          {words.makeJob}
        </Button>
      )}
      {(training === null || validation === null) && <span className={layout.faint}>{words.dataFirst}</span>}
      <Problem error={train.error} />
    </Step>
  );
}

function CompareStep({ sample: { owner, baseRun, tunedRun, job }, actions: { ask } }: StepProps) {
  const { start: words, common } = useMessages();
  const model = job?.fine_tuned_model ?? null;
  return (
    <Step
      title={words.compareTitle}
      text={words.compareText}
      own={<LinkButton size="small" to="/evals">{common.nav.evals}</LinkButton>}
      isDone={tunedRun?.status === "completed"}
    >
      {owner !== null && tunedRun !== null && <Outcome owner={owner.id} run={tunedRun} />}
      {model === null && <span className={layout.faint}>{words.jobFirst}</span>}
      {model !== null && tunedRun === null && (
        <Button
          kind="primary"
          disabled={ask.isPending}
          onClick={() => ask.mutate({ owner: owner?.id ?? null, model, name: words.evalName })}
        >
          {words.askTuned}
        </Button>
      )}
      {owner !== null && baseRun?.status === "completed" && tunedRun?.status === "completed" && (
        <LinkButton
          kind="primary"
          to="/evals/$evalId/compare"
          params={{ evalId: owner.id }}
          search={{ base: baseRun.id, candidate: tunedRun.id }}
        >
          {words.compare}
        </LinkButton>
      )}
      {model !== null && <LinkButton to="/playground" search={{ models: [job?.model ?? model, model], system: undefined }}>{common.nav.playground}</LinkButton>}
      {tunedRun === null && baseRun !== null && <Problem error={ask.error} />}
    </Step>
  );
}

/** How a run stands, or how many answers of it are right. */
function Outcome({ owner, run }: { owner: string; run: NonNullable<Sample["baseRun"]> }) {
  const words = useMessages().start;
  const tag = useLocaleTag();
  const { passed, total } = run.result_counts;
  return (
    <>
      <Link to="/evals/$evalId/runs/$runId" params={{ evalId: owner, runId: run.id }}>
        {run.status === "completed" ? words.right(shortModel(run.model, 40), count(passed, tag), count(total, tag)) : shortModel(run.model, 40)}
      </Link>
      {(isUnderWay(run) || run.status !== "completed") && <Status status={run.status} />}
    </>
  );
}
