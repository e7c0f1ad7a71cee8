/** One distillation: its steps as they are taken, what was kept, what was made, and how it came out. */

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Ban } from "lucide-react";
import type { ReactNode } from "react";
import { overviewQuery } from "@/api/queries";
import { type Distillation, x } from "@/api/x";
import { Button } from "@/components/controls/Button";
import { Id } from "@/components/display/Code";
import { Progress } from "@/components/display/Progress";
import { Status } from "@/components/display/Status";
import { Card, Facts } from "@/components/layout/Card";
import { Confirm } from "@/components/layout/Confirm";
import layout from "@/components/layout/layout.module.css";
import { Page } from "@/components/layout/Page";
import { Failed, Loading, Notice } from "@/components/layout/States";
import { useMessages } from "@/i18n";
import { Counts } from "./Counts";
import { Made } from "./Made";
import { distillationQuery, hasEnded } from "./queries";
import { askedOf } from "./request";
import { Result } from "./Result";
import { Settings } from "./Settings";
import { type Stage, stagesOf } from "./stages";

interface Props {
  id: string;
  /** How the student came nearer to its teacher, drawn from its job. */
  curveOf: (jobId: string) => ReactNode;
}

export function DistillationPage({ id, curveOf }: Props) {
  const { distillations: words, common } = useMessages();
  const found = useQuery(distillationQuery(id));
  const crumb = { label: common.nav.distillations, to: { to: "/distillations" as const } };
  if (found.data === undefined) {
    return (
      <Page title={id} crumb={crumb}>
        <Card>{found.isError ? <Failed error={found.error} onRetry={() => void found.refetch()} /> : <Loading />}</Card>
      </Page>
    );
  }
  const made = found.data;
  const { suffix, student, source, method } = askedOf(made);
  const isOfProbabilities = method !== undefined && method.type !== "answers";
  const title = suffix ?? student;
  return (
    <Page
      title={title}
      heading={
        <span className={layout.row}>
          {title} <Status status={made.status} />
        </span>
      }
      crumb={crumb}
      about={<Id text={id} />}
      actions={!hasEnded(made) && <Cancel id={id} />}
    >
      <div className={layout.main}>
        <div className={layout.stack}>
          {made.error !== null && <Notice kind="error">{made.error}</Notice>}
          <Result made={made} />
          {made.status !== "succeeded" && <Steps made={made} />}
          {isOfProbabilities && made.job_id !== null && curveOf(made.job_id)}
          {made.training_file !== null && <Made made={made} />}
          {made.counts !== null && (
            <Card title={words.counts.title}>
              <Counts
                counts={made.counts}
                kind={source.type === "responses" || source.ids?.[0]?.startsWith("resp_") === true ? "responses" : "completions"}
              />
            </Card>
          )}
        </div>
        <Settings made={made} />
      </div>
    </Page>
  );
}

function Steps({ made }: { made: Distillation }) {
  const words = useMessages().distillations.steps;
  return (
    <Card title={words.title}>
      <Facts
        facts={stagesOf(made).map(({ name, status }) => [
          words[name],
          <div key={name} className={layout.tight}>
            <div>{status === null ? "–" : <Status status={status} />}</div>
            {status === "running" && <Detail made={made} stage={name} />}
          </div>,
        ])}
      />
    </Card>
  );
}

function Detail({ made, stage }: { made: Distillation; stage: Stage }) {
  const words = useMessages().distillations.steps;
  const overview = useQuery({ ...overviewQuery, enabled: stage === "training" });
  const job = overview.data?.active.find((one) => one.id === made.job_id);
  return (
    <>
      {made.step !== null && <span className={layout.faint}>{made.step}</span>}
      {stage === "training" && job?.step != null && job.total_steps != null && (
        <Progress label={words.training} value={job.step} max={job.total_steps} />
      )}
    </>
  );
}

function Cancel({ id }: { id: string }) {
  const words = useMessages().distillations;
  const cache = useQueryClient();
  const cancel = useMutation({
    mutationFn: () => x.cancelDistillation(id),
    onSettled: () => cache.invalidateQueries({ queryKey: ["distillations"] }),
  });
  return (
    <Confirm
      title={words.cancelTitle}
      about={words.cancelText}
      action={words.cancel}
      onConfirm={() => cancel.mutateAsync()}
      trigger={(open) => (
        <Button kind="danger" onClick={open}>
          <Ban /> {words.cancel}
        </Button>
      )}
    />
  );
}
