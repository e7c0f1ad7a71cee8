/** What a reinforcement job's model answers to held-out prompts at a validation, with the grades. */

import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { MessagesSquare } from "lucide-react";
import { type JobSamples, type ValidationSample, x } from "@/api/x";
import { Select } from "@/components/controls/Field";
import { Segments } from "@/components/controls/Tabs";
import { Card } from "@/components/layout/Card";
import layout from "@/components/layout/layout.module.css";
import { Loaded } from "@/components/layout/Loaded";
import { Empty, Notice } from "@/components/layout/States";
import { useLocaleTag, useMessages } from "@/i18n";
import { count, decimal } from "@/lib/format";
import type { CurveChoice } from "./Curves";
import type { JobHistory } from "./series/history";
import styles from "./ReportCard.module.css";

const KINDS = ["best", "worst", "random"] as const;
type Kind = (typeof KINDS)[number];

export function Samples({
  history,
  choice,
  onChoice,
}: {
  history: JobHistory;
  choice: CurveChoice;
  onChoice: (choice: CurveChoice) => void;
}) {
  const words = useMessages().jobs.samples;
  const step = choice.step;
  const kind = KINDS.find((one) => one === choice.samples) ?? "best";
  const samples = useQuery({
    queryKey: ["jobs", history.job.id, "samples", step ?? "latest", history.checkpoints.at(-1)?.step_number],
    queryFn: ({ signal }) => x.jobSamples(history.job.id, step, signal),
    placeholderData: (before) => before,
  });
  return (
    <Card
      title={words.title}
      actions={
        <Segments
          label={words.title}
          options={KINDS.map((name) => ({ name, label: words.kinds[name] }))}
          current={kind}
          onChange={(name) => onChoice({ ...choice, samples: name === "best" ? undefined : name })}
        />
      }
    >
      <Loaded query={samples}>
        {(found) => <Chosen found={found} kind={kind} onStep={(at) => onChoice({ ...choice, step: at })} />}
      </Loaded>
    </Card>
  );
}

function Chosen({ found, kind, onStep }: { found: JobSamples; kind: Kind; onStep: (step: number | undefined) => void }) {
  const { samples: words, chart } = useMessages().jobs;
  const tag = useLocaleTag();
  if (found.step === null) return <Empty isSmall icon={MessagesSquare} title={words.none} />;
  const latest = found.steps.at(-1);
  return (
    <div className={layout.stack}>
      <div className={styles.choice}>
        <Select
          label={words.validation}
          value={String(found.step)}
          onChange={(event) => onStep(Number(event.target.value) === latest ? undefined : Number(event.target.value))}
        >
          {found.steps.toReversed().map((step) => (
            <option key={step} value={step}>
              {chart.step(count(step, tag))}
            </option>
          ))}
        </Select>
        {found.eval_id !== null && found.run_id !== null && (
          <Link to="/evals/$evalId/runs/$runId" params={{ evalId: found.eval_id, runId: found.run_id }}>
            {words.all}
          </Link>
        )}
      </div>
      <p className={layout.quiet}>{words.about[kind]}</p>
      {found[kind].map((sample) => (
        <Sample key={sample.output_item_id} sample={sample} />
      ))}
      {found[kind].length === 0 && <p className={layout.quiet}>{words.ungraded}</p>}
    </div>
  );
}

function Sample({ sample }: { sample: ValidationSample }) {
  const words = useMessages().jobs.samples;
  const tag = useLocaleTag();
  const score = (value: number | null) => (value === null ? "–" : decimal(value, 2, tag));
  const calls = sample.tool_calls.length > 0 ? JSON.stringify(sample.tool_calls, null, 2) : null;
  return (
    <div className={styles.sample}>
      <p className={styles.question}>{asked(sample)}</p>
      <div className={styles.said}>
        <span className={layout.faint}>
          {words.answer}
          {sample.finish_reason === "length" && ` · ${words.cut}`}
        </span>
        {(sample.answer !== "" || calls === null) && <pre tabIndex={0}>{sample.answer === "" ? words.empty : sample.answer}</pre>}
        {calls !== null && <pre tabIndex={0}>{calls}</pre>}
      </div>
      <div className={styles.said}>
        <span className={layout.faint}>{words.item}</span>
        <pre tabIndex={0}>{Object.entries(sample.item).map(([name, value]) => `${name}: ${written(value)}`).join("\n")}</pre>
      </div>
      <div className={styles.said}>
        <span className={layout.faint}>{words.reward}</span>
        <pre>
          {score(sample.reward)}
          {sample.shadow_reward !== null && `\n${words.shadow}: ${score(sample.shadow_reward)}`}
        </pre>
      </div>
      {sample.problem !== null && (
        <div className={styles.question}>
          <Notice kind="warning">{sample.problem}</Notice>
        </div>
      )}
    </div>
  );
}

/** The last message of the prompt, which is the user's or a tool's. */
function asked(sample: ValidationSample): string {
  const content = sample.messages.at(-1)?.content;
  return typeof content === "string" ? content : JSON.stringify(content ?? "");
}

function written(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
