/** The configuration of a job and its files. */

import { useMutation, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Download } from "lucide-react";
import type { FineTuningJob } from "openai/resources/fine-tuning/jobs";
import { api } from "@/api/client";
import { fileQuery } from "@/api/queries";
import { Button } from "@/components/controls/Button";
import { Card, type Fact, Facts } from "@/components/layout/Card";
import { Id } from "@/components/display/Code";
import layout from "@/components/layout/layout.module.css";
import { Problem } from "@/components/layout/States";
import { Tag } from "@/components/display/Status";
import { Ago } from "@/components/display/Time";
import { useMessages } from "@/i18n";
import type { Messages } from "@/i18n/messages";
import { decodeResult, saveAs } from "@/lib/encoding";

export function Details({ job }: { job: FineTuningJob }) {
  const { jobs: words } = useMessages();
  const metadata = Object.entries(job.metadata ?? {});
  const hyper = job.hyperparameters;
  return (
    <>
      <Card title={words.details}>
        <Facts
          facts={[
            [words.base, job.model],
            [words.method, words.form.methods[job.method?.type ?? "supervised"]],
            [words.form.epochs, hyper.n_epochs],
            [words.form.batchSize, hyper.batch_size],
            [words.form.learningRate, hyper.learning_rate_multiplier],
            [words.form.splitTurns, isSplitByAnswer(job) && words.form.splitTurnsChoices.split],
            ...ofMethod(job, words.form),
            [words.form.seed, job.seed],
            [words.created, <Ago key="created" at={job.created_at} />],
            [words.finished, job.finished_at !== null && <Ago key="finished" at={job.finished_at} />],
            [words.jobId, <Id key="id" text={job.id} />],
            [
              words.form.metadata,
              metadata.length > 0 && (
                <span key="metadata" className={layout.row}>
                  {metadata.map(([name, value]) => (
                    <Tag key={name}>
                      {name}: {value}
                    </Tag>
                  ))}
                </span>
              ),
            ],
          ]}
        />
      </Card>
      <Card title={words.files}>
        <div className={layout.stack}>
          <Facts
            facts={[
              [words.trainingFile, <FileLink key="training" id={job.training_file} />],
              [words.validationFile, job.validation_file !== null && <FileLink key="validation" id={job.validation_file} />],
            ]}
          />
          {job.result_files.map((id) => (
            <ResultFile key={id} id={id} />
          ))}
        </div>
      </Card>
    </>
  );
}

/** Our own setting, which OpenAI's type does not have. */
function isSplitByAnswer(job: FineTuningJob): boolean {
  return (job.method?.supervised as { split_turns?: boolean } | undefined)?.split_turns === true;
}

/** What only reinforcement jobs have. */
function ofMethod(job: FineTuningJob, words: Messages["jobs"]["form"]): Fact[] {
  const settings = job.method?.reinforcement;
  if (!settings) return [];
  const hyper = settings.hyperparameters as Record<string, string | number | undefined> | undefined;
  return RATES.map(([field, name]) => [words[field], hyper?.[name]]);
}

const RATES = [
  ["effort", "reasoning_effort"],
  ["computeMultiplier", "compute_multiplier"],
  ["evalInterval", "eval_interval"],
  ["evalSamples", "eval_samples"],
  ["maxTokens", "max_completion_tokens"],
] as const;

function FileLink({ id }: { id: string }) {
  const file = useQuery(fileQuery(id));
  return (
    <Link to="/files/$fileId" params={{ fileId: id }}>
      {file.data?.filename ?? id}
    </Link>
  );
}

function ResultFile({ id }: { id: string }) {
  const words = useMessages().jobs;
  const download = useMutation({
    mutationFn: async () => {
      const text = await (await api().files.content(id)).text();
      saveAs("step_metrics.csv", decodeResult(text), "text/csv");
    },
  });
  return (
    <>
      <div>
        <Button size="small" disabled={download.isPending} onClick={() => download.mutate()}>
          <Download /> {words.downloadResults}
        </Button>
      </div>
      <Problem error={download.error} />
    </>
  );
}
