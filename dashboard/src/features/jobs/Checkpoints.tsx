/** The checkpoints of a job, each with a link to the playground. */

import { useQuery } from "@tanstack/react-query";
import { Flag } from "lucide-react";
import { LinkButton } from "@/components/controls/Button";
import { Card } from "@/components/layout/Card";
import { CopyButton } from "@/components/display/Code";
import layout from "@/components/layout/layout.module.css";
import { Empty } from "@/components/layout/States";
import { type Column, Named, Table } from "@/components/display/Table";
import { Ago } from "@/components/display/Time";
import { useLocaleTag, useMessages } from "@/i18n";
import { count, measured, shortModel } from "@/lib/format";
import { hasEnded } from "@/lib/jobs";
import { checkQuery } from "@/components/safety/queries";
import { SafetyButton } from "@/components/safety/SafetyButton";
import { isRewarded } from "./series/curves";
import type { JobHistory } from "./series/history";

type Checkpoint = JobHistory["checkpoints"][number];

export function Checkpoints({ history }: { history: JobHistory }) {
  const { jobs: words } = useMessages();
  const tag = useLocaleTag();
  const metric = ({ metrics }: Checkpoint, name: string) => {
    const value = metrics[name];
    return value === undefined ? "–" : measured(value, tag);
  };
  return (
    <Card title={words.checkpoints} isFlush>
      {history.checkpoints.length === 0 ? (
        <Empty isSmall icon={Flag} title={hasEnded(history.job.status) ? words.noCheckpointsLeft : words.noCheckpoints} />
      ) : (
        <Table
          label={words.checkpoints}
          rows={history.checkpoints.toReversed()}
          keyOf={(checkpoint) => checkpoint.id}
          columns={[
            {
              head: words.checkpoint,
              cell: (checkpoint) => (
                <Named
                  name={words.chart.step(count(checkpoint.step_number, tag))}
                  sub={
                    <>
                      <span className={layout.wideLine}>{shortModel(checkpoint.fine_tuned_model_checkpoint, 28)}</span>
                      <Ago at={checkpoint.created_at} />
                    </>
                  }
                />
              ),
            },
            ...(isRewarded(history)
              ? ([
                  { head: words.chart.valid_reward, kind: "number", cell: (one) => metric(one, "full_valid_mean_reward") },
                  { head: words.chart.train_reward, kind: "number", isWideOnly: true, cell: (one) => metric(one, "train_mean_reward") },
                ] satisfies Column<Checkpoint>[])
              : ([
                  { head: words.chart.train_loss, kind: "number", cell: (one) => metric(one, "train_loss") },
                  {
                    head: words.chart.valid_loss,
                    kind: "number",
                    isWideOnly: true,
                    cell: (one) => metric(one, one.metrics.full_valid_loss === undefined ? "valid_loss" : "full_valid_loss"),
                  },
                ] satisfies Column<Checkpoint>[])),
            {
              head: <span className="visually-hidden">{words.actions}</span>,
              kind: "tight",
              cell: (one) => <CheckpointActions model={one.fine_tuned_model_checkpoint} job={history.job.id} />,
            },
          ]}
        />
      )}
    </Card>
  );
}

/** What can be done with a checkpoint; one that was deleted is said to be. */
function CheckpointActions({ model, job }: { model: string; job: string }) {
  const { jobs: words, safety } = useMessages();
  const found = useQuery(checkQuery(model));
  if (found.data === null) return <span className={layout.faint}>{safety.gone}</span>;
  return (
    <div className={layout.oneLine}>
      <LinkButton size="small" to="/playground" search={{ models: [model], job }}>
        {words.tryIt}
      </LinkButton>
      <SafetyButton model={model} />
      <span className={layout.wideLine}>
        <CopyButton text={model} />
      </span>
    </div>
  );
}
